-- Retention. What goes is decided by lib/audit/retention/policy.ts; that nothing goes too early, unsealed or held is decided here, by functions of the
-- owner: the app role cannot delete, and whoever takes over the app cannot make the log forget what the owner's policy keeps.
INSERT INTO "AuditPolicy" ("id") VALUES (1) ON CONFLICT DO NOTHING;

-- Raises unless every event of the partition in the time range may be removed.
CREATE OR REPLACE FUNCTION audit_check_floor(newest timestamptz, archive text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  policy record;
BEGIN
  SELECT * INTO STRICT policy FROM public."AuditPolicy";
  IF newest > now() - policy."floorDays" * interval '1 day' THEN
    RAISE EXCEPTION 'events younger than % days are never removed', policy."floorDays" USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF policy."archiveRequired" AND coalesce(archive, '') = '' THEN
    RAISE EXCEPTION 'the policy removes nothing that is not archived' USING ERRCODE = 'insufficient_privilege';
  END IF;
END
$$;

-- True if an event is under a legal hold; all conditions of a hold must match.
CREATE OR REPLACE FUNCTION audit_is_held(created timestamptz, actor text, target text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM public."AuditHold" h WHERE h."releasedAt" IS NULL
    AND (h."from" IS NULL OR created >= h."from") AND (h."to" IS NULL OR created < h."to")
    AND (h."actorId" IS NULL OR h."actorId" = actor) AND (h."targetId" IS NULL OR h."targetId" = target))
$$;

-- Writes the tombstones of the sequences as ranges. Returns the digest signed in the removal record.
CREATE OR REPLACE FUNCTION audit_bury(prune uuid, sequences bigint[]) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ranges text;
BEGIN
  WITH islands AS (
    SELECT min(s) AS low, max(s) AS high FROM (
      SELECT s, s - row_number() OVER (ORDER BY s) AS island FROM unnest(sequences) s) numbered GROUP BY island
  ), tombstones AS (
    INSERT INTO public."AuditTombstone" ("fromSequence", "toSequence", "pruneId") SELECT low, high, prune FROM islands
    RETURNING "fromSequence" AS low, "toSequence" AS high
  )
  SELECT coalesce(string_agg(low || '-' || high, ',' ORDER BY low), '') INTO ranges FROM tombstones;
  RETURN sha256(convert_to(ranges, 'UTF8'));
END
$$;

-- Removes a whole month whose events are all sealed, not held and past minimum retention.
CREATE OR REPLACE FUNCTION audit_drop_partition(name text, prune uuid, archive text)
RETURNS TABLE (removed integer, digest bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
DECLARE
  part regclass;
  starts timestamptz;
  ends timestamptz;
  counted bigint;
  sequences bigint[];
BEGIN
  IF name !~ '^AuditEvent_\d{4}_\d{2}$' THEN
    RAISE EXCEPTION '% is not a month of the audit log', name USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT i.inhrelid::regclass INTO STRICT part FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public."AuditEvent"'::regclass AND c.relname = name;
  starts := to_timestamp(right(name, 7), 'YYYY_MM');
  ends := starts + interval '1 month';
  PERFORM public.audit_check_floor(ends, archive);
  -- Locks this month against inserts; other months are not locked.
  EXECUTE format('LOCK TABLE %s IN SHARE MODE', part);
  IF EXISTS (SELECT FROM public."AuditPending" WHERE "createdAt" >= starts AND "createdAt" < ends) THEN
    RAISE EXCEPTION 'the month has events that are not sealed yet: %', name USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF EXISTS (SELECT FROM public."AuditHold" WHERE "releasedAt" IS NULL) THEN
    EXECUTE format('SELECT count(*) FROM %s WHERE public.audit_is_held("createdAt", "actorId", "targetId")', part) INTO counted;
    IF counted > 0 THEN
      RAISE EXCEPTION 'the month has % events under a legal hold: %', counted, name USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
  END IF;
  EXECUTE format('SELECT count(*) FROM %s', part) INTO counted;
  SELECT array_agg(c."sequence") INTO sequences FROM public."AuditChain" c
    WHERE c."createdAt" >= starts AND c."createdAt" < ends AND NOT EXISTS (
      SELECT FROM (SELECT t."toSequence" FROM public."AuditTombstone" t WHERE t."fromSequence" <= c."sequence"
                   ORDER BY t."fromSequence" DESC LIMIT 1) latest WHERE latest."toSequence" >= c."sequence");
  IF coalesce(cardinality(sequences), 0) <> counted THEN
    RAISE EXCEPTION 'the month has % events and % seals: verify the log before it is pruned: %', counted, coalesce(cardinality(sequences), 0), name
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  digest := public.audit_bury(prune, coalesce(sequences, '{}'));
  EXECUTE format('ALTER TABLE public."AuditEvent" DETACH PARTITION %s', part);
  EXECUTE format('DROP TABLE %s', part);
  removed := counted;
  RETURN NEXT;
END
$$;

-- Removes those of the given events that may be removed.
CREATE OR REPLACE FUNCTION audit_delete_events(ids uuid[], times timestamptz[], prune uuid, archive text)
RETURNS TABLE (removed integer, digest bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
  SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  sequences bigint[];
BEGIN
  PERFORM public.audit_check_floor((SELECT max(t) FROM unnest(times) t), archive);
  PERFORM set_config('golive.audit_maintenance', 'on', true);
  WITH gone AS (
    DELETE FROM public."AuditEvent" e USING unnest(ids, times) AS w(id, time)
    WHERE e."id" = w.id AND e."createdAt" = w.time AND e."createdAt" >= (SELECT min(t) FROM unnest(times) t)
      AND EXISTS (SELECT FROM public."AuditChain" c WHERE c."createdAt" = w.time AND c."eventId" = w.id)
      AND NOT public.audit_is_held(e."createdAt", e."actorId", e."targetId")
    RETURNING e."id", e."createdAt"
  )
  SELECT array_agg(c."sequence") INTO sequences FROM gone g JOIN public."AuditChain" c ON c."createdAt" = g."createdAt" AND c."eventId" = g."id";
  PERFORM set_config('golive.audit_maintenance', 'off', true);
  digest := public.audit_bury(prune, coalesce(sequences, '{}'));
  removed := coalesce(cardinality(sequences), 0);
  RETURN NEXT;
END
$$;

-- Drops the oldest stretch of leaves once all its events are removed, and tiles and a checkpoint stand for it. Returns whether there was one.
CREATE OR REPLACE FUNCTION audit_drop_chain_head() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  chunk CONSTANT bigint := public.audit_chain_chunk();
  low bigint;
  high bigint;
BEGIN
  SELECT min("sequence") INTO low FROM public."AuditChain";
  high := (low / chunk + 1) * chunk - 1;
  IF low IS NULL OR NOT EXISTS (SELECT FROM public."AuditChain" WHERE "sequence" > high)
    OR NOT EXISTS (SELECT FROM public."AuditTile" WHERE "level" = 0 AND "index" = (high - 1) / 256)
    OR NOT EXISTS (SELECT FROM public."AuditCheckpoint" WHERE "size" >= high)
    OR (SELECT coalesce(sum(least("toSequence", high) - greatest("fromSequence", low) + 1), 0) FROM public."AuditTombstone"
        WHERE "toSequence" >= low AND "fromSequence" <= high) <> high - low + 1 THEN
    RETURN false;
  END IF;
  EXECUTE format('ALTER TABLE public."AuditChain" DETACH PARTITION public.%I', 'AuditChain_' || low / chunk);
  EXECUTE format('DROP TABLE public.%I', 'AuditChain_' || low / chunk);
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION audit_check_floor(timestamptz, text), audit_is_held(timestamptz, text, text), audit_bury(uuid, bigint[]),
  audit_drop_partition(text, uuid, text), audit_delete_events(uuid[], timestamptz[], uuid, text), audit_drop_chain_head() FROM PUBLIC;
