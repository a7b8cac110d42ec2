-- DropIndex
DROP INDEX "AgentEventKey_eventAt_idx";
