-- What a restore into the schemas of :'schemas' takes away, and what it leaves. One line each: verdict, key, description.
--   removed   lives in one of the schemas and belongs to a role whose rights this session has
--   cascaded  lives elsewhere and cannot stand without something that is removed
--   kept      lives in one of the schemas, but is an extension or belongs to somebody else
-- The schemas themselves stay, with everybody's rights on them and the rights that new objects get by default.
WITH RECURSIVE inside AS (
  SELECT d.classid, d.objid FROM pg_depend d
  WHERE d.refclassid = 'pg_namespace'::regclass AND d.deptype = 'n' AND d.objsubid = 0 AND d.refobjid IN (
    SELECT oid FROM pg_namespace WHERE nspname = ANY (string_to_array(:'schemas', ' ')))
), owned AS (
  -- Objects of the bootstrap superuser (10) have no entry.
  SELECT i.classid, i.objid,
    coalesce((SELECT s.refobjid FROM pg_shdepend s WHERE s.classid = i.classid AND s.objid = i.objid AND s.objsubid = 0
      AND s.deptype = 'o' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())), 10) AS owner
  FROM inside i
  WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = i.classid AND e.objid = i.objid AND e.deptype = 'e')
), verdicts AS (
  SELECT classid, objid, owner,
    CASE WHEN classid <> 'pg_extension'::regclass AND pg_has_role(owner, 'USAGE') THEN 'removed' ELSE 'kept' END AS verdict
  FROM owned
), doomed AS (
  SELECT classid, objid, 0 AS objsubid FROM verdicts WHERE verdict = 'removed'
  UNION
  -- A rule or a row type takes the view or table that it is inside of with it.
  SELECT n.* FROM doomed r CROSS JOIN LATERAL (
    SELECT d.classid, d.objid, d.objsubid FROM pg_depend d
    WHERE d.refclassid = r.classid AND d.refobjid = r.objid AND (r.objsubid = 0 OR d.refobjsubid = r.objsubid)
      AND d.deptype NOT IN ('e', 'x')
    UNION ALL
    SELECT d.refclassid, d.refobjid, d.refobjsubid FROM pg_depend d
    WHERE d.classid = r.classid AND d.objid = r.objid AND d.objsubid = r.objsubid AND d.deptype = 'i'
  ) AS n
), tops AS (
  -- Parts go with the whole that they are named by: indexes, constraints, row types, partitions, owned sequences.
  SELECT DISTINCT d.classid, d.objid, d.objsubid FROM doomed d
  WHERE NOT EXISTS (
    SELECT FROM pg_depend p JOIN doomed whole ON whole.classid = p.refclassid AND whole.objid = p.refobjid
    WHERE p.classid = d.classid AND p.objid = d.objid AND p.objsubid = d.objsubid AND p.deptype IN ('a', 'i', 'P', 'S'))
), named AS (
  SELECT CASE WHEN EXISTS (SELECT FROM inside i WHERE i.classid = t.classid AND i.objid = t.objid) AND t.objsubid = 0
      THEN 'removed' ELSE 'cascaded' END AS verdict, NULL::oid AS owner, o.*
  FROM tops t CROSS JOIN pg_identify_object(t.classid, t.objid, t.objsubid) o
  UNION ALL
  SELECT 'kept', v.owner, o.* FROM verdicts v CROSS JOIN pg_identify_object(v.classid, v.objid, 0) o
  WHERE v.verdict = 'kept' AND NOT EXISTS (SELECT FROM doomed d WHERE d.classid = v.classid AND d.objid = v.objid)
)
SELECT verdict, type || ' ' || translate(replace(identity, 'pg_catalog.', ''), '" ', ''),
  type || ' ' || replace(identity, 'pg_catalog.', '') || CASE WHEN verdict = 'kept' AND type <> 'extension' THEN ' of ' || pg_get_userbyid(owner) ELSE '' END
FROM named ORDER BY verdict DESC, 3
