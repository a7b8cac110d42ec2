-- Monthly partitions, created in advance by migrations, the prune job and the worker. The function is SECURITY DEFINER of the table owner,
-- so the app role needs no DDL privileges.

-- The columns that the list filters by are kept without statistics. The planner then takes every filter for a selective one and walks the
-- index made for it, whatever the skew; with statistics it reads a common value's rows by time and throws the others away, and
-- the choice changes with the data. Not inherited, so set per partition.
CREATE OR REPLACE FUNCTION audit_steady_plans(relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  filter text;
BEGIN
  FOREACH filter IN ARRAY ARRAY['action', 'outcome', 'source', 'actorId', 'actorLabel', 'targetId', 'requestId'] LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', relation, filter);
  END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION audit_make_partition(month timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  name text := to_char(month, '"AuditEvent_"YYYY_MM');
  ends timestamptz := month + interval '1 month';
BEGIN
  IF NOT EXISTS (SELECT FROM public."AuditEvent_default" WHERE "createdAt" >= month AND "createdAt" < ends) THEN
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public."AuditEvent" FOR VALUES FROM (%L) TO (%L)', name, month, ends);
  ELSE
    -- Moves rows of this month out of the DEFAULT partition, with writers locked out.
    LOCK TABLE public."AuditEvent" IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE public.%I (LIKE public."AuditEvent" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('INSERT INTO public.%I SELECT * FROM public."AuditEvent_default" WHERE "createdAt" >= $1 AND "createdAt" < $2', name)
      USING month, ends;
    PERFORM set_config('golive.audit_maintenance', 'on', true);
    DELETE FROM public."AuditEvent_default" WHERE "createdAt" >= month AND "createdAt" < ends;
    PERFORM set_config('golive.audit_maintenance', 'off', true);
    EXECUTE format('ALTER TABLE public."AuditEvent" ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', name, month, ends);
  END IF;
  PERFORM public.audit_steady_plans(format('public.%I', name)::regclass);
  EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.%I
    FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change()', name);
END
$$;

-- Creates the monthly partitions from the oldest month with rows in the DEFAULT partition (at most three years ago) to `ahead` months from now.
-- Returns the number of partitions created.
CREATE OR REPLACE FUNCTION audit_ensure_partitions(ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
DECLARE
  this_month timestamptz := date_trunc('month', now());
  month timestamptz;
  made integer := 0;
BEGIN
  IF ahead NOT BETWEEN 0 AND 24 THEN
    RAISE EXCEPTION 'months ahead must be from 0 to 24, not %', ahead;
  END IF;
  PERFORM pg_advisory_xact_lock(7305013);
  SELECT date_trunc('month', min("createdAt")) INTO month FROM public."AuditEvent_default"
    WHERE "createdAt" >= this_month - interval '36 months';
  FOR month IN SELECT generate_series(least(month, this_month), this_month + ahead * interval '1 month', interval '1 month') LOOP
    IF to_regclass(to_char(month, '"public.\"AuditEvent_"YYYY_MM"\""')) IS NULL THEN
      PERFORM public.audit_make_partition(month);
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END
$$;

REVOKE ALL ON FUNCTION audit_steady_plans(regclass), audit_make_partition(timestamptz), audit_ensure_partitions(integer) FROM PUBLIC;

SELECT audit_steady_plans('"AuditEvent"');
SELECT audit_steady_plans('"AuditEvent_default"');
SELECT audit_ensure_partitions(3);
