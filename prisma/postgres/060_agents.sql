-- Agents: how batches are stored.

-- Payloads are short-lived, so compression is disabled.
ALTER TABLE "AgentBatch" ALTER COLUMN "payload" SET STORAGE EXTERNAL;

-- Vacuum early, because rows are inserted and deleted with every request.
ALTER TABLE "AgentBatch" SET (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);
