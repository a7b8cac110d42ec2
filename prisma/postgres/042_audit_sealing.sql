-- Sealing: each event adds an outbox row in its own transaction, and one sealer moves the outbox rows into the hash chain. Requests do not
-- wait for the chain, and events are never updated. The functions are SECURITY DEFINER, so the app role can seal but not forge.

-- The leaf hash: SHA-256 of a JSON array of the columns in a fixed order, time as milliseconds, metadata as canonical text (see
-- lib/audit/proof/canonical.ts, which computes the same in Node). Plain SQL without settings, so that PostgreSQL inlines it.
CREATE OR REPLACE FUNCTION audit_leaf(
  id uuid, created timestamptz, action text, version smallint, outcome text, actor_type text, actor_id text, actor_label text,
  actor_role text, target_type text, target_id text, target_label text, source text, ip text, user_agent text, request_id text,
  correlation_id text, idempotency_key text, reason text, metadata jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.json_build_array(
    1, id, (extract(epoch FROM created) * 1000)::bigint, action, version, outcome, actor_type, actor_id, actor_label, actor_role,
    target_type, target_id, target_label, source, ip, user_agent, request_id, correlation_id, idempotency_key, reason,
    metadata::text)::text, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION audit_chain_step(state bytea, leaf bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN sha256(state || leaf);
END
$$;

-- As a window aggregate over (head, leaf, leaf, ...): the first value is the state to start from.
CREATE OR REPLACE AGGREGATE audit_chain(bytea) (SFUNC = audit_chain_step, STYPE = bytea);

CREATE OR REPLACE FUNCTION audit_note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public."AuditPending" ("eventId", "createdAt", "leaf")
  SELECT "id", "createdAt", public.audit_leaf("id", "createdAt", "action", "schemaVersion", "outcome", "actorType", "actorId",
    "actorLabel", "actorRole", "targetType", "targetId", "targetLabel", "source", "ip", "userAgent", "requestId", "correlationId",
    "idempotencyKey", "reason", "metadata")
  FROM written;
  RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER audit_note AFTER INSERT ON "AuditEvent" REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION audit_note();

-- Adds outbox rows for events older than the chain, once.
INSERT INTO "AuditPending" ("eventId", "createdAt", "leaf")
SELECT "id", "createdAt", audit_leaf("id", "createdAt", "action", "schemaVersion", "outcome", "actorType", "actorId", "actorLabel",
  "actorRole", "targetType", "targetId", "targetLabel", "source", "ip", "userAgent", "requestId", "correlationId", "idempotencyKey",
  "reason", "metadata")
FROM "AuditEvent"
WHERE NOT EXISTS (SELECT FROM "AuditPending") AND NOT EXISTS (SELECT FROM "AuditChain") AND NOT EXISTS (SELECT FROM "AuditTombstone");

-- Links per partition of the chain, the unit in which links are dropped.
CREATE OR REPLACE FUNCTION audit_chain_chunk() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 1000000::bigint';

-- Seals up to max_rows outbox rows, oldest visible first. One sealer at a time: `busy` is set while another one runs.
CREATE OR REPLACE FUNCTION audit_seal(max_rows integer)
RETURNS TABLE (busy boolean, sealed integer, head bigint, head_hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  chunk CONSTANT bigint := public.audit_chain_chunk();
  last_sequence bigint;
  last_hash bytea;
  part bigint;
BEGIN
  -- The lock is a row that only this function can lock. An advisory lock could be taken by any session.
  PERFORM FROM public."AuditPolicy" FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT FROM public."AuditPolicy") THEN
      RAISE EXCEPTION 'the policy of the audit log is missing: npm run db:pg:migrate -- --again' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN QUERY SELECT true, 0, NULL::bigint, NULL::bytea;
    RETURN;
  END IF;
  SELECT c."sequence", c."hash" INTO last_sequence, last_hash FROM public."AuditChain" c ORDER BY c."sequence" DESC LIMIT 1;
  IF NOT FOUND THEN
    last_sequence := 0;
    last_hash := sha256('golive audit chain 1');
  END IF;
  FOR part IN SELECT generate_series((last_sequence + 1) / chunk, (last_sequence + max_rows) / chunk) LOOP
    IF to_regclass(format('public.%I', 'AuditChain_' || part)) IS NULL THEN
      -- Created separately and attached, which does not wait for readers of the chain, unlike PARTITION OF.
      EXECUTE format('CREATE TABLE public.%I (LIKE public."AuditChain" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', 'AuditChain_' || part);
      EXECUTE format('ALTER TABLE public."AuditChain" ATTACH PARTITION public.%I FOR VALUES FROM (%s) TO (%s)',
        'AuditChain_' || part, part * chunk, (part + 1) * chunk);
      EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.%I
        FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change()', 'AuditChain_' || part);
    END IF;
  END LOOP;
  PERFORM set_config('golive.audit_maintenance', 'on', true);
  WITH taken AS (
    DELETE FROM public."AuditPending"
    WHERE ctid = ANY (ARRAY(SELECT p.ctid FROM public."AuditPending" p LIMIT max_rows))
    RETURNING "eventId", "createdAt", "leaf"
  ), numbered AS (
    SELECT row_number() OVER (ORDER BY "createdAt", "eventId") AS n, "eventId", "createdAt", "leaf", "leaf" AS link FROM taken
    UNION ALL SELECT 0, NULL, NULL, NULL, last_hash
  ), chained AS (
    SELECT n, "eventId", "createdAt", "leaf", public.audit_chain(link) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING) AS hash FROM numbered
  )
  INSERT INTO public."AuditChain" ("sequence", "eventId", "createdAt", "leaf", "hash")
  SELECT last_sequence + n, "eventId", "createdAt", "leaf", hash FROM chained WHERE n > 0;
  GET DIAGNOSTICS sealed = ROW_COUNT;
  PERFORM set_config('golive.audit_maintenance', 'off', true);
  busy := false;
  SELECT c."sequence", c."hash" INTO head, head_hash FROM public."AuditChain" c ORDER BY c."sequence" DESC LIMIT 1;
  RETURN NEXT;
END
$$;

REVOKE ALL ON FUNCTION audit_note(), audit_seal(integer) FROM PUBLIC;

-- The chain is append-only too. Only pending outbox rows are deleted, by the sealer.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['AuditPending', 'AuditChain', 'AuditAnchor', 'AuditPrune', 'AuditTombstone', 'AuditVerification'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON %I
      FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()', name);
    EXECUTE format('CREATE OR REPLACE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %I
      FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', name);
  END LOOP;
END
$$;
