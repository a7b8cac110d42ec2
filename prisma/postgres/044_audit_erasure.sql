-- Erasure of person fields (docs/decisions/0116). Only the owner of the tables may: no function here is granted to anybody.

-- The leaf hash that an event has in the present form.
CREATE OR REPLACE FUNCTION audit_leaf_of(e "AuditEvent") RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
  SELECT public.audit_leaf(e."id", e."createdAt", e."action", e."schemaVersion", e."outcome", e."actorType", e."actorId", e."actorLabel",
    e."actorRole", e."targetType", e."targetId", e."targetLabel", e."source", e."ip", e."userAgent", e."requestId", e."correlationId",
    e."idempotencyKey", e."reason", e."metadata", e."salts")
$$;

-- Whether a change takes values and their salts away and leaves the leaf as it is.
CREATE OR REPLACE FUNCTION audit_is_erasure(before "AuditEvent", after "AuditEvent") RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT before."salts" IS NOT NULL AND after."salts" IS NOT NULL
    AND public.audit_leaf_of(before) = public.audit_leaf_of(after)
    AND NOT EXISTS (SELECT FROM jsonb_each(to_jsonb(before) - 'salts' - 'metadata') b
      WHERE to_jsonb(after) -> b.key NOT IN (b.value, 'null'::jsonb))
    AND NOT EXISTS (SELECT FROM jsonb_each(after."metadata") a WHERE before."metadata" -> a.key IS DISTINCT FROM a.value)
$$;

-- Replaces the given fields of an event by their commitments; members of metadata are named metadata.NAME. `erasure` is the event that records who
-- does it and why. Fields that are not there, or erased already, are passed over. Returns whether anything was erased.
CREATE OR REPLACE FUNCTION audit_erase(event_id uuid, created timestamptz, fields text[], erasure uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e public."AuditEvent";
  field text;
  member text;
  erased boolean := false;
BEGIN
  SELECT * INTO e FROM public."AuditEvent" WHERE "id" = event_id AND "createdAt" = created FOR UPDATE;
  IF NOT FOUND OR e."salts" IS NULL THEN
    RETURN false;
  END IF;
  FOREACH field IN ARRAY fields LOOP
    IF starts_with(field, 'metadata.') THEN
      member := substr(field, 10);
      CONTINUE WHEN NOT e."metadata" ? member OR e."salts" #> ARRAY['metadata', member] IS NULL;
      e."salts" := jsonb_set(e."salts", ARRAY['metadata', member],
        public.audit_element((e."metadata" -> member)::text, e."salts" #>> ARRAY['metadata', member])::jsonb -> 'sha256');
      e."metadata" := e."metadata" - member;
    ELSE
      CONTINUE WHEN to_jsonb(e) ->> field IS NULL OR e."salts" -> field IS NULL;
      e."salts" := jsonb_set(e."salts", ARRAY[field], public.audit_element(to_jsonb(e) ->> field, e."salts" ->> field)::jsonb -> 'sha256');
      e := jsonb_populate_record(e, jsonb_build_object(field, NULL));
    END IF;
    erased := true;
  END LOOP;
  IF NOT erased THEN
    RETURN false;
  END IF;
  e."salts" := e."salts" || jsonb_build_object('erasures', coalesce(e."salts" -> 'erasures', '[]') || to_jsonb(erasure));
  PERFORM set_config('golive.audit_erasure', 'on', true);
  UPDATE public."AuditEvent" SET "actorId" = e."actorId", "actorLabel" = e."actorLabel", "targetId" = e."targetId",
    "targetLabel" = e."targetLabel", "ip" = e."ip", "userAgent" = e."userAgent", "correlationId" = e."correlationId",
    "idempotencyKey" = e."idempotencyKey", "metadata" = e."metadata", "salts" = e."salts"
  WHERE "id" = event_id AND "createdAt" = created;
  PERFORM set_config('golive.audit_erasure', 'off', true);
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION audit_leaf_of("AuditEvent"), audit_is_erasure("AuditEvent", "AuditEvent"), audit_erase(uuid, timestamptz, text[], uuid)
  FROM PUBLIC;
