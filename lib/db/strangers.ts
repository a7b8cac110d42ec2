import type { Client } from 'pg';

/** A right on something of ours that neither its owner nor a role of the app holds. */
export interface StrangerRight {
  /** For example `TABLE public."User"`; of a default privilege what is still to come, as `future TABLES in public`. */
  object: string;
  grantee: string;
  privileges: string;
  /** The statement that takes it away. */
  revoke: string;
}

/** Where our objects are. */
const SCHEMAS = ['public', 'pgboss'];

/**
 * Every right on tables, columns, sequences, functions and types of ours that is held by somebody else, PUBLIC included, and every default
 * privilege of the current user that would give one on what is made later. Hosted platforms grant such rights to roles of their own, which
 * their public interface lets strangers use. What belongs to an extension is not ours; neither is the right to use a schema or a type.
 * @param client as the owner of the objects: only what the current user owns is looked at.
 * @param ours the roles of the app.
 */
export async function strangerRights(client: Client, ours: readonly string[]): Promise<StrangerRight[]> {
  const { rows } = await client.query<StrangerRight>(RIGHTS_SQL, [SCHEMAS, ours]);
  return rows;
}

/** Takes all of them away. @returns what was taken. */
export async function revokeStrangerRights(client: Client, ours: readonly string[]): Promise<StrangerRight[]> {
  const rights = await strangerRights(client, ours);
  if (rights.length > 0) await client.query(rights.map(({ revoke }) => revoke).join(';\n'));
  return rights;
}

const RIGHTS_SQL = `
WITH held AS (
  SELECT 'TABLE' AS kind, format('%I.%I', n.nspname, c.relname) AS name, NULL::text AS attribute, acl.*
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) acl
  WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relowner = current_user::regrole
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  UNION ALL
  SELECT 'SEQUENCE', format('%I.%I', n.nspname, c.relname), NULL, acl.*
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) acl
  WHERE n.nspname = ANY ($1) AND c.relkind = 'S' AND c.relowner = current_user::regrole
  UNION ALL
  SELECT 'TABLE', format('%I.%I', n.nspname, c.relname), quote_ident(a.attname), acl.*
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL aclexplode(a.attacl) acl
  WHERE n.nspname = ANY ($1) AND c.relowner = current_user::regrole AND NOT a.attisdropped
  UNION ALL
  SELECT 'ROUTINE', p.oid::regprocedure::text, NULL, acl.*
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
  WHERE n.nspname = ANY ($1) AND p.proowner = current_user::regrole
    -- Everybody may call a function that runs with the caller's own rights: it gives nobody more than they have.
    AND (acl.grantee <> 0 OR p.prosecdef)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
), strangers AS (
  SELECT kind, name, attribute, privilege_type AS privilege,
    CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee
  FROM held WHERE grantee <> current_user::regrole AND NOT coalesce(pg_get_userbyid(grantee) = ANY ($2), false)
), future AS (
  SELECT CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' END AS kind,
    n.nspname, acl.privilege_type AS privilege,
    CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END AS grantee
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace CROSS JOIN LATERAL aclexplode(d.defaclacl) acl
  WHERE d.defaclrole = current_user::regrole AND d.defaclobjtype IN ('r', 'S', 'f')
    AND (n.nspname IS NULL OR n.nspname = ANY ($1))
    AND acl.grantee <> current_user::regrole AND NOT coalesce(pg_get_userbyid(acl.grantee) = ANY ($2), false)
    -- What PostgreSQL itself gives to everybody on each new function stands here too once anything was changed.
    AND NOT (acl.grantee = 0 AND n.nspname IS NULL)
)
SELECT concat_ws(' ', kind, name, '(' || attribute || ')') AS object, grantee, string_agg(privilege, ', ' ORDER BY privilege) AS privileges,
  format('REVOKE ALL %s ON %s %s FROM %s', '(' || attribute || ')', kind, name, grantee) AS revoke
FROM strangers GROUP BY kind, name, attribute, grantee
UNION ALL
SELECT concat_ws(' ', 'future', kind, 'in ' || nspname), grantee, string_agg(privilege, ', ' ORDER BY privilege),
  format('ALTER DEFAULT PRIVILEGES %s REVOKE ALL ON %s FROM %s', 'IN SCHEMA ' || quote_ident(nspname), kind, grantee)
FROM future GROUP BY kind, nspname, grantee
ORDER BY 1, 2`;
