-- Agents: how batches are stored.

-- Payloads are short-lived, so compression is disabled.
ALTER TABLE "AgentBatch" ALTER COLUMN "payload" SET STORAGE EXTERNAL;

-- Vacuum early, because rows are inserted and deleted with every request.
ALTER TABLE "AgentBatch" SET (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);

-- Gives dead batches back to the queue. Web may do that from its page and change nothing else about a batch; the queue's job goes with it.
CREATE OR REPLACE FUNCTION agent_requeue_batches(batches uuid[]) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH requeued AS (UPDATE public."AgentBatch" SET "state" = 'queued' WHERE "state" = 'dead' AND "id" = ANY (batches) RETURNING 1)
  SELECT count(*)::integer FROM requeued
$$;
REVOKE EXECUTE ON FUNCTION agent_requeue_batches(uuid[]) FROM PUBLIC;
