-- Sealing: each event leaves a note in its own transaction, and one sealer makes the notes leaves of a tree of hashes (RFC 6962). No request
-- waits for the tree, and no column of an event is ever changed. The functions belong to the owner, so the app role can seal but not forge.

-- The leaf hash: SHA-256 of a zero byte and a JSON array of the columns in a fixed order, time as milliseconds, metadata as canonical text
-- (see lib/audit/canonical.ts, which computes the same in Node). Plain SQL without settings, so that PostgreSQL inlines it.
CREATE OR REPLACE FUNCTION audit_leaf(
  id uuid, created timestamptz, action text, version smallint, outcome text, actor_type text, actor_id text, actor_label text,
  actor_role text, target_type text, target_id text, target_label text, source text, ip text, user_agent text, request_id text,
  correlation_id text, idempotency_key text, reason text, metadata jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT pg_catalog.sha256(pg_catalog.byteacat('\x00', pg_catalog.convert_to(pg_catalog.json_build_array(
    2, id, (extract(epoch FROM created) * 1000)::bigint, action, version, outcome, actor_type, actor_id, actor_label, actor_role,
    target_type, target_id, target_label, source, ip, user_agent, request_id, correlation_id, idempotency_key, reason,
    metadata::text)::text, 'UTF8')))
$$;

CREATE OR REPLACE FUNCTION audit_note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public."AuditPending" ("eventId", "createdAt", "form", "leaf")
  SELECT "id", "createdAt", 2, public.audit_leaf("id", "createdAt", "action", "schemaVersion", "outcome", "actorType", "actorId",
    "actorLabel", "actorRole", "targetType", "targetId", "targetLabel", "source", "ip", "userAgent", "requestId", "correlationId",
    "idempotencyKey", "reason", "metadata")
  FROM written;
  RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER audit_note AFTER INSERT ON "AuditEvent" REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION audit_note();

-- Events from before there was a chain are noted once.
INSERT INTO "AuditPending" ("eventId", "createdAt", "form", "leaf")
SELECT "id", "createdAt", 2, audit_leaf("id", "createdAt", "action", "schemaVersion", "outcome", "actorType", "actorId", "actorLabel",
  "actorRole", "targetType", "targetId", "targetLabel", "source", "ip", "userAgent", "requestId", "correlationId", "idempotencyKey",
  "reason", "metadata")
FROM "AuditEvent"
WHERE NOT EXISTS (SELECT FROM "AuditPending") AND NOT EXISTS (SELECT FROM "AuditChain") AND NOT EXISTS (SELECT FROM "AuditTombstone");

-- Leaves a partition: what goes at once when all its events are removed.
CREATE OR REPLACE FUNCTION audit_chain_chunk() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 1000000::bigint';

-- The root over the hashes of a tile, or of a smaller perfect subtree: pairs are joined until one hash is left.
CREATE OR REPLACE FUNCTION audit_tile_root(hashes bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  WHILE length(hashes) > 32 LOOP
    SELECT string_agg(sha256('\x01'::bytea || substr(hashes, 64 * n + 1, 64)), ''::bytea ORDER BY n) INTO hashes
      FROM generate_series(0, length(hashes) / 64 - 1) n;
  END LOOP;
  RETURN hashes;
END
$$;

-- Stores the tiles that have become full, of about max_rows leaves. Returns whether there are more. A sequence that was let go of before there
-- was a tree is a leaf of no bytes.
CREATE OR REPLACE FUNCTION audit_build_tiles(max_rows integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  width CONSTANT bigint := 256;
  last_sequence bigint;
  from_tile bigint;
  to_tile bigint;
BEGIN
  SELECT coalesce(max("sequence"), 0) INTO last_sequence FROM public."AuditChain";
  SELECT coalesce(max("index") + 1, 0) INTO from_tile FROM public."AuditTile" WHERE "level" = 0;
  to_tile := least(last_sequence / width, from_tile + max_rows / width + 1);
  INSERT INTO public."AuditTile" ("level", "index", "hashes", "root")
  SELECT 0, n, hashes, public.audit_tile_root(hashes) FROM (
    SELECT (s - 1) / width AS n, string_agg(CASE c."form" WHEN 2 THEN c."leaf" ELSE sha256('\x00'::bytea || coalesce(c."leaf", ''::bytea)) END,
      ''::bytea ORDER BY s) AS hashes
    FROM generate_series(from_tile * width + 1, to_tile * width) s LEFT JOIN (
      SELECT "sequence", "leaf", "form" FROM public."AuditChain"
      WHERE "sequence" > from_tile * width AND "sequence" <= to_tile * width) c ON c."sequence" = s
    GROUP BY 1) full_tiles;
  FOR below IN 0..6 LOOP
    SELECT coalesce(max("index") + 1, 0) INTO from_tile FROM public."AuditTile" WHERE "level" = below + 1;
    SELECT coalesce(max("index") + 1, 0) / width INTO to_tile FROM public."AuditTile" WHERE "level" = below;
    EXIT WHEN to_tile <= from_tile;
    INSERT INTO public."AuditTile" ("level", "index", "hashes", "root")
    SELECT below + 1, n, hashes, public.audit_tile_root(hashes) FROM (
      SELECT "index" / width AS n, string_agg("root", ''::bytea ORDER BY "index") AS hashes FROM public."AuditTile"
      WHERE "level" = below AND "index" >= from_tile * width AND "index" < to_tile * width GROUP BY 1) full_tiles;
  END LOOP;
  RETURN EXISTS (SELECT FROM (SELECT coalesce(max("index") + 1, 0) AS tiles FROM public."AuditTile" WHERE "level" = 0) built
    WHERE tiles < last_sequence / width);
END
$$;

-- What the linear chain was made with, and the sealer in its old form.
DROP AGGREGATE IF EXISTS audit_chain(bytea);
DROP FUNCTION IF EXISTS audit_chain_step(bytea, bytea), audit_seal(integer);

-- Seals up to max_rows notes, oldest first as far as they are visible. One sealer at a time: `busy` says that another is at work, `more` that
-- there is more to do before the head of the tree can be read.
CREATE FUNCTION audit_seal(max_rows integer)
RETURNS TABLE (busy boolean, sealed integer, head bigint, more boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  chunk CONSTANT bigint := public.audit_chain_chunk();
  last_sequence bigint;
  part bigint;
BEGIN
  -- The lock is a row that only this function can lock. An advisory lock could be taken by any session.
  PERFORM FROM public."AuditPolicy" FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT FROM public."AuditPolicy") THEN
      RAISE EXCEPTION 'the policy of the audit log is missing: npm run db:pg:migrate -- --again' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN QUERY SELECT true, 0, NULL::bigint, true;
    RETURN;
  END IF;
  SELECT coalesce(max("sequence"), 0) INTO last_sequence FROM public."AuditChain";
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
    RETURNING "eventId", "createdAt", "leaf", "form"
  )
  INSERT INTO public."AuditChain" ("sequence", "eventId", "createdAt", "leaf", "form")
  SELECT last_sequence + row_number() OVER (ORDER BY "createdAt", "eventId"), "eventId", "createdAt", "leaf", "form" FROM taken;
  GET DIAGNOSTICS sealed = ROW_COUNT;
  PERFORM set_config('golive.audit_maintenance', 'off', true);
  more := public.audit_build_tiles(max_rows) OR sealed = max_rows;
  busy := false;
  head := nullif(last_sequence + sealed, 0);
  RETURN NEXT;
END
$$;

REVOKE ALL ON FUNCTION audit_note(), audit_build_tiles(integer), audit_seal(integer) FROM PUBLIC;

-- The chain is append-only too. Only pending outbox rows are deleted, by the sealer.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['AuditPending', 'AuditChain', 'AuditTile', 'AuditCheckpoint', 'AuditAnchor', 'AuditPrune', 'AuditTombstone', 'AuditVerification'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON %I
      FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()', name);
    EXECUTE format('CREATE OR REPLACE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %I
      FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', name);
  END LOOP;
END
$$;
