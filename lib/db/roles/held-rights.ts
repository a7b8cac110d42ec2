import type { Client } from 'pg';
import { QUEUE_SCHEMA } from './grants.ts';

/** A privilege held on one of our objects, from the system catalogue. */
export interface HeldRight {
  kind: 'SCHEMA' | 'TABLE' | 'SEQUENCE' | 'ROUTINE' | 'TYPE' | 'future';
  /** With its schema, quoted where it must be; of a default privilege, what it is about: `TABLES IN SCHEMA public`. */
  name: string;
  /** The column, where the right is on one alone. */
  column: string | null;
  /** Unquoted; null is PUBLIC. */
  grantee: string | null;
  privilege: string;
  /** Whether the grantee may pass it on. */
  grantable: boolean;
  /** Whether it runs the server or the database for us: it may make roles, or owns the database. */
  administrator: boolean;
}

/** A privilege on one of our objects held by a role that is neither the owner nor a role of the app. */
export interface ForeignRight {
  /** For example `TABLE public."User"`; of a default privilege what is still to come, as `future TABLES in public`; `ROLE golive_app`. */
  object: string;
  /** A role, or PUBLIC. */
  grantee: string;
  privileges: string;
  /** The REVOKE statement. */
  revoke: string;
  /** Harmless: only USAGE on the schema public, which hosting platforms grant to their own roles. */
  harmless: boolean;
}

/** Schemas of our objects. */
const SCHEMAS = ['public', QUEUE_SCHEMA];

/** SQL for the owner of our tables; the current user while there are none. */
export const OWNER_SQL = `coalesce((SELECT relowner FROM pg_class WHERE oid = to_regclass('public."User"')), current_user::regrole)`;

/**
 * All privileges on our schemas, tables, columns, sequences, routines and types, and default privileges of the owner, held by roles other
 * than the owner. Superusers, predefined roles (`pg_…`), extension objects and PostgreSQL's defaults for PUBLIC are excluded.
 */
export async function readHeldRights(client: Client): Promise<HeldRight[]> {
  return (await client.query<HeldRight>(HELD_SQL, [SCHEMAS])).rows;
}

/** The role that owns our tables. */
export async function readOwner(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(`SELECT pg_get_userbyid(${OWNER_SQL}) AS name`);
  return rows[0]?.name ?? '';
}

const ofExtension = (table: string, oid: string) =>
  `EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${table}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

const HELD_SQL = `
WITH us AS (SELECT ${OWNER_SQL} AS owner),
found AS (
  SELECT 'SCHEMA' AS kind, quote_ident(n.nspname) AS name, NULL::text AS "column", acl.*
  FROM pg_namespace n CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) acl
  WHERE n.nspname = ANY ($1) AND acl.grantee <> n.nspowner
    AND NOT (acl.grantee = 0 AND n.nspname = 'public' AND acl.privilege_type = 'USAGE')
  UNION ALL
  SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%I.%I', n.nspname, c.relname), NULL, acl.*
  FROM us CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) acl
  WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relowner = us.owner AND NOT ${ofExtension('pg_class', 'c.oid')}
  UNION ALL
  SELECT 'TABLE', format('%I.%I', n.nspname, c.relname), quote_ident(a.attname), acl.*
  FROM us CROSS JOIN pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL aclexplode(a.attacl) acl
  WHERE n.nspname = ANY ($1) AND c.relowner = us.owner AND NOT a.attisdropped AND NOT ${ofExtension('pg_class', 'c.oid')}
  UNION ALL
  SELECT 'ROUTINE', p.oid::regprocedure::text, NULL, acl.*
  FROM us CROSS JOIN pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
  WHERE n.nspname = ANY ($1) AND p.proowner = us.owner AND (acl.grantee <> 0 OR p.prosecdef) AND NOT ${ofExtension('pg_proc', 'p.oid')}
  UNION ALL
  SELECT 'TYPE', format('%I.%I', n.nspname, t.typname), NULL, acl.*
  FROM us CROSS JOIN pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace CROSS JOIN LATERAL aclexplode(t.typacl) acl
  WHERE n.nspname = ANY ($1) AND t.typowner = us.owner AND acl.grantee <> 0 AND NOT ${ofExtension('pg_type', 't.oid')}
  UNION ALL
  SELECT 'future', concat_ws(' IN SCHEMA ', CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
      WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END, quote_ident(n.nspname)), NULL, acl.*
  FROM us CROSS JOIN pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace CROSS JOIN LATERAL aclexplode(d.defaclacl) acl
  WHERE d.defaclrole = us.owner AND d.defaclobjtype IN ('r', 'S', 'f', 'T', 'n') AND (n.nspname IS NULL OR n.nspname = ANY ($1))
    -- What PostgreSQL itself gives to everybody on each new function and type stands here too once anything was changed.
    AND NOT (acl.grantee = 0 AND n.nspname IS NULL AND d.defaclobjtype IN ('f', 'T'))
)
SELECT f.kind, f.name, f."column", r.rolname AS grantee, f.privilege_type AS privilege, bool_or(f.is_grantable) AS grantable,
  coalesce(r.rolcreaterole OR r.oid = (SELECT datdba FROM pg_database WHERE datname = current_database()), false) AS administrator
FROM us CROSS JOIN found f LEFT JOIN pg_roles r ON r.oid = f.grantee
WHERE f.grantee <> us.owner AND NOT coalesce(r.rolsuper OR r.rolname LIKE 'pg\\_%', false)
GROUP BY f.kind, f.name, f."column", r.rolname, f.privilege_type, r.rolcreaterole, r.oid
ORDER BY 1, 2, 3, 4, 5`;

/** Describes an object, e.g. `TABLE public."User" ("passwordHash")`, or `future TABLES in public`. */
export function describeObject({ kind, name, column }: Pick<HeldRight, 'kind' | 'name' | 'column'>): string {
  return [kind, name.replace(' IN SCHEMA ', ' in '), column === null ? '' : `(${column})`].filter(Boolean).join(' ');
}

/**
 * The statement that revokes privileges on an object, or only the grant option, with CASCADE.
 * @param owner and `grantee` quoted as identifiers, or `PUBLIC`.
 */
export function revokeSql(
  { kind, name, column }: Pick<HeldRight, 'kind' | 'name' | 'column'>,
  privileges: readonly string[],
  { owner, grantee, optionOnly = false }: { owner: string; grantee: string; optionOnly?: boolean },
): string {
  const what = privileges.map((privilege) => (column === null ? privilege : `${privilege} (${column})`)).join(', ');
  const from = `${optionOnly ? 'GRANT OPTION FOR ' : ''}${what}`;
  if (kind !== 'future') return `REVOKE ${from} ON ${kind} ${name} FROM ${grantee} CASCADE`;
  const [things = '', schema] = name.split(' IN SCHEMA ');
  const place = schema === undefined ? '' : ` IN SCHEMA ${schema}`;
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner}${place} REVOKE ${from} ON ${things} FROM ${grantee} CASCADE`;
}
