-- A dump holds no rights, so whatever others hold on what was just made comes from the rights that new objects get by default, such as those of a
-- hosting platform's API roles. The app's own are granted by the migrations.
SELECT DISTINCT format('REVOKE ALL ON %s FROM %I', object, pg_get_userbyid(grantee)) FROM (
  SELECT 'TABLE ' || c.oid::regclass AS object, c.relowner AS owner, a.grantee
  FROM pg_class c CROSS JOIN aclexplode(c.relacl) a
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relnamespace IN (
    SELECT oid FROM pg_namespace WHERE nspname = ANY (string_to_array(:'schemas', ' ')))
  UNION ALL
  SELECT 'ROUTINE ' || p.oid::regprocedure, p.proowner, a.grantee
  FROM pg_proc p CROSS JOIN aclexplode(p.proacl) a
  WHERE p.pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ANY (string_to_array(:'schemas', ' ')))
) AS rights
WHERE owner = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND grantee NOT IN (0, owner)
\gexec
