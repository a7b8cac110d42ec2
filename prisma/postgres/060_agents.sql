-- Agents: how batches are stored.

-- A payload lives for a second: compressing it costs more than it saves.
ALTER TABLE "AgentBatch" ALTER COLUMN "payload" SET STORAGE EXTERNAL;

-- Rows come and go at the rate of the requests; the default 20 % would let a large table bloat before a vacuum.
ALTER TABLE "AgentBatch" SET (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);
