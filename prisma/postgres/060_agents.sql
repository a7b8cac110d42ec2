-- Agents: what web and worker may do, and how batches are stored. The queue's own schema is granted where it is made.
DO $$
DECLARE
  app text := current_setting('golive.app_role', true);
BEGIN
  IF app IS NULL OR app = '' OR app = current_user OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
    RETURN;
  END IF;
  EXECUTE format('GRANT SELECT, INSERT, UPDATE ON "Agent", "AgentKey" TO %I', app);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "AgentBatch" TO %I', app);
  EXECUTE format('GRANT SELECT, INSERT, DELETE ON "AgentEventKey" TO %I', app);
END
$$;

-- A payload lives for a second: compressing it costs more than it saves.
ALTER TABLE "AgentBatch" ALTER COLUMN "payload" SET STORAGE EXTERNAL;

-- Rows come and go at the rate of the requests; the default 20 % would let a large table bloat before a vacuum.
ALTER TABLE "AgentBatch" SET (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);
