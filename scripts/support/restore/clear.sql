-- Takes away what removals.sql calls removed. Part of the transaction that brings the backup back: if that fails, nothing was removed.
SELECT format('DROP %s IF EXISTS %s CASCADE', CASE o.type WHEN 'statistics object' THEN 'STATISTICS' ELSE o.type END, o.identity)
FROM pg_depend d CROSS JOIN pg_identify_object(d.classid, d.objid, 0) o
WHERE d.refclassid = 'pg_namespace'::regclass AND d.deptype = 'n' AND d.objsubid = 0 AND d.classid <> 'pg_extension'::regclass
  AND d.refobjid IN (SELECT oid FROM pg_namespace WHERE nspname = ANY (string_to_array(:'schemas', ' ')))
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')
  AND pg_has_role(coalesce((SELECT s.refobjid FROM pg_shdepend s WHERE s.classid = d.classid AND s.objid = d.objid AND s.objsubid = 0
    AND s.deptype = 'o' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())), 10), 'USAGE')
ORDER BY o.type <> 'materialized view', o.type <> 'view', o.type <> 'table'
\gexec
