-- The audit log takes inserts, the erasure of persons by the owner, and nothing else. The app's roles have no right to anything else (lib/db/roles/grants.ts); these triggers stop the owner's
-- own mistakes too. Maintenance by the owner's functions (retention, moving rows between partitions) says so in a setting; the
-- setting helps nobody who lacks the grant.
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('golive.audit_maintenance', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$;

-- An event may lose person fields, by audit_erase() (prisma/postgres/044_audit_erasure.sql) and nothing else: no value may become another one, and the
-- leaf must stay what it is, which covers every column.
CREATE OR REPLACE FUNCTION audit_refuse_event_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('golive.audit_maintenance', true) = 'on' THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND current_setting('golive.audit_erasure', true) = 'on' AND public.audit_is_erasure(OLD, NEW) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE OR REPLACE TRIGGER audit_no_change
  BEFORE UPDATE OR DELETE ON "AuditEvent"
  FOR EACH ROW EXECUTE FUNCTION audit_refuse_event_change();

-- Row triggers do not fire on TRUNCATE and statement triggers are not inherited, so each partition gets its own.
DO $$
DECLARE
  relation regclass;
BEGIN
  FOR relation IN SELECT relid FROM pg_partition_tree('"AuditEvent"') LOOP
    EXECUTE format(
      'CREATE OR REPLACE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()',
      relation);
  END LOOP;
END
$$;
