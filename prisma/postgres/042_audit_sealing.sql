-- Sealing: each event leaves a note in its own transaction, and one sealer makes the notes leaves of a tree of hashes (RFC 6962). No request
-- waits for the tree, and no column of an event is ever changed. The functions belong to the owner, so the app role can seal but not forge.

-- Whether an entry of "salts" is none: a salt of 16 bytes has a value, a commitment of 32 bytes has none any more.
CREATE OR REPLACE FUNCTION audit_misfits(value jsonb, entry text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT entry IS NULL OR entry !~ '^([0-9a-f]{32}|[0-9a-f]{64})$' OR (coalesce(value, 'null') = 'null') <> (length(entry) = 64)
$$;

-- Each person field gets a salt as the event is written, so that its commitment can stand in the leaf: SHA-256 over salt and value. Deleting value and
-- salt then leaves the leaf as it is (docs/decisions/0116). A salt is a UUID of version 4, 122 random bits. Always of these: labels, address, user
-- agent, and what agents name as they please; of metadata every text, list and object but codes.
CREATE OR REPLACE FUNCTION audit_salt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  theirs boolean := NEW."source" = 'agent';
BEGIN
  IF NEW."salts" IS NOT NULL THEN
    -- Out of an archive. What contradicts the event would never verify.
    IF EXISTS (SELECT FROM jsonb_each_text(NEW."salts" - 'metadata' - 'erasures') s WHERE s.key NOT IN ('actorLabel', 'targetLabel', 'ip',
          'userAgent', 'actorId', 'targetId', 'correlationId', 'idempotencyKey') OR public.audit_misfits(to_jsonb(NEW) -> s.key, s.value))
        OR EXISTS (SELECT FROM jsonb_each_text(NEW."salts" -> 'metadata') s WHERE public.audit_misfits(NEW."metadata" -> s.key, s.value)) THEN
      RAISE EXCEPTION 'the salts of the event do not fit its values: leave the column "salts" out' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  NEW."salts" := json_object(ARRAY['actorLabel', 'targetLabel', 'ip', 'userAgent', 'actorId', 'targetId', 'correlationId', 'idempotencyKey'],
    ARRAY[
      CASE WHEN NEW."actorLabel" IS NOT NULL THEN replace(gen_random_uuid()::text, '-', '') END,
      CASE WHEN NEW."targetLabel" IS NOT NULL THEN replace(gen_random_uuid()::text, '-', '') END,
      CASE WHEN NEW."ip" IS NOT NULL THEN replace(gen_random_uuid()::text, '-', '') END,
      CASE WHEN NEW."userAgent" IS NOT NULL THEN replace(gen_random_uuid()::text, '-', '') END,
      CASE WHEN theirs AND NEW."actorId" IS NOT NULL THEN replace(gen_random_uuid()::text, '-', '') END,
      CASE WHEN theirs AND NEW."targetId" IS NOT NULL THEN replace(gen_random_uuid()::text, '-', '') END,
      CASE WHEN theirs AND NEW."correlationId" IS NOT NULL THEN replace(gen_random_uuid()::text, '-', '') END,
      CASE WHEN theirs AND NEW."idempotencyKey" IS NOT NULL THEN replace(gen_random_uuid()::text, '-', '') END]);
  IF NEW."metadata" <> '{}' AND jsonb_typeof(NEW."metadata") = 'object' THEN
    NEW."salts" := NEW."salts" || (SELECT jsonb_build_object('metadata', jsonb_object_agg("key", replace(gen_random_uuid()::text, '-', '')))
      FROM jsonb_each(NEW."metadata") WHERE jsonb_typeof("value") IN ('string', 'array', 'object')
        AND "key" NOT IN ('method', 'role', 'from', 'to', 'permission', 'format', 'kind', 'commit', 'partition', 'provider'));
  END IF;
  NEW."salts" := jsonb_strip_nulls(NEW."salts");
  RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER audit_salt BEFORE INSERT ON "AuditEvent"
  FOR EACH ROW EXECUTE FUNCTION audit_salt();

-- What stands in a leaf in place of a text, by its entry in "salts": none, a salt, or the commitment of an erased value. No leaf holds `false`.
CREATE OR REPLACE FUNCTION audit_element(value text, entry text) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN entry IS NULL THEN pg_catalog.to_json(value)
    WHEN (value IS NULL) <> (pg_catalog.length(entry) = 64) THEN 'false'::json
    ELSE ('{"sha256": "' || CASE WHEN value IS NULL THEN entry ELSE pg_catalog.encode(pg_catalog.sha256(pg_catalog.byteacat(
      pg_catalog.decode(entry, 'hex'), pg_catalog.convert_to(value, 'UTF8'))), 'hex') END || '"}')::json END
$$;

-- The metadata of a leaf: members that have an entry as commitments.
CREATE OR REPLACE FUNCTION audit_metadata_element(metadata jsonb, entries jsonb) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_object_agg(key, CASE WHEN entry IS NULL THEN value ELSE public.audit_element(value::text, entry)::jsonb END), '{}')::text::json
  FROM (SELECT * FROM jsonb_each(metadata)) AS m(key, value) FULL JOIN (SELECT * FROM jsonb_each_text(entries)) AS s(key, entry) USING (key)
$$;

-- The leaf hash: SHA-256 of a zero byte and a JSON array of the columns in a fixed order, time as milliseconds
-- (see docs/audit-proof.md, and lib/audit/proof/leaf-bytes.ts, which computes the same in Node). Plain SQL without settings, so that PostgreSQL inlines it.
DROP FUNCTION IF EXISTS audit_leaf(uuid, timestamptz, text, smallint, text, text, text, text, text, text, text, text, text, text, text, text, text,
  text, text, jsonb);
CREATE OR REPLACE FUNCTION audit_leaf(
  id uuid, created timestamptz, action text, version smallint, outcome text, actor_type text, actor_id text, actor_label text,
  actor_role text, target_type text, target_id text, target_label text, source text, ip text, user_agent text, request_id text,
  correlation_id text, idempotency_key text, reason text, metadata jsonb, salts jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT pg_catalog.sha256(pg_catalog.byteacat('\x00', pg_catalog.convert_to(pg_catalog.json_build_array(
    3, id, (extract(epoch FROM created) * 1000)::bigint, action, version, outcome, actor_type,
    public.audit_element(actor_id, salts ->> 'actorId'), public.audit_element(actor_label, salts ->> 'actorLabel'), actor_role,
    target_type, public.audit_element(target_id, salts ->> 'targetId'), public.audit_element(target_label, salts ->> 'targetLabel'), source,
    public.audit_element(ip, salts ->> 'ip'), public.audit_element(user_agent, salts ->> 'userAgent'), request_id,
    public.audit_element(correlation_id, salts ->> 'correlationId'), public.audit_element(idempotency_key, salts ->> 'idempotencyKey'), reason,
    CASE WHEN salts -> 'metadata' IS NULL THEN metadata::text::json
      ELSE public.audit_metadata_element(metadata, salts -> 'metadata') END)::text, 'UTF8')))
$$;

CREATE OR REPLACE FUNCTION audit_note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public."AuditPending" ("eventId", "createdAt", "form", "leaf")
  SELECT "id", "createdAt", 3, public.audit_leaf("id", "createdAt", "action", "schemaVersion", "outcome", "actorType", "actorId",
    "actorLabel", "actorRole", "targetType", "targetId", "targetLabel", "source", "ip", "userAgent", "requestId", "correlationId",
    "idempotencyKey", "reason", "metadata", "salts")
  FROM written;
  RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER audit_note AFTER INSERT ON "AuditEvent" REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION audit_note();

-- Events from before there was a chain are noted once.
INSERT INTO "AuditPending" ("eventId", "createdAt", "form", "leaf")
SELECT "id", "createdAt", 3, audit_leaf("id", "createdAt", "action", "schemaVersion", "outcome", "actorType", "actorId", "actorLabel",
  "actorRole", "targetType", "targetId", "targetLabel", "source", "ip", "userAgent", "requestId", "correlationId", "idempotencyKey",
  "reason", "metadata", "salts")
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
    SELECT (s - 1) / width AS n, string_agg(CASE WHEN c."form" > 1 THEN c."leaf" ELSE sha256('\x00'::bytea || coalesce(c."leaf", ''::bytea)) END,
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

REVOKE ALL ON FUNCTION audit_misfits(jsonb, text), audit_salt(), audit_note(), audit_build_tiles(integer), audit_seal(integer) FROM PUBLIC;

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
