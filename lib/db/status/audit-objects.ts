import type { ClientBase } from 'pg';
import { expectedFunctions, type ExpectedFunction } from './expected-functions.ts';

/** An object of the database that is not what this release makes it. */
export interface AlteredObject {
  name: string;
  /** One phrase. */
  detail: string;
}

const TRIGGERS = {
  audit_note: { type: 4, function: 'audit_note', inherited: false },
  audit_salt: { type: 7, function: 'audit_salt', inherited: true },
  audit_no_change: { type: 27, function: 'audit_refuse_change', inherited: true },
  audit_no_truncate: { type: 34, function: 'audit_refuse_change', inherited: true },
} as const;
const GUARDS = ['audit_no_change', 'audit_no_truncate'] as const;
/** Events may lose person fields, by a function of ours. */
const GUARD_OF_EVENTS = 'audit_refuse_event_change';

/** The tables that the log and its proof are read from, with their triggers. */
const TABLES: Record<string, readonly (keyof typeof TRIGGERS)[]> = {
  AuditEvent: ['audit_note', 'audit_salt', ...GUARDS],
  AuditPending: GUARDS,
  AuditChain: GUARDS,
  AuditTile: GUARDS,
  AuditCheckpoint: GUARDS,
  AuditAnchor: GUARDS,
  AuditPrune: GUARDS,
  AuditTombstone: GUARDS,
  AuditVerification: GUARDS,
  AuditHold: [],
  AuditPolicy: [],
};
const PARTITIONED = ['AuditEvent', 'AuditChain'];

/** Its number says how much is kept in one partition, which proves nothing. */
const OF_ANY_SIZE = 'audit_chain_chunk';

/**
 * Compares the objects that the verifier reads with what this release makes them, before anything of them is believed: ordinary tables, our
 * triggers with our bodies, and nothing in `public` that could answer in place of what PostgreSQL has. Reads the system catalogues alone.
 * @param root the folder that holds prisma/.
 */
export async function alteredObjects(client: ClientBase, root: string): Promise<AlteredObject[]> {
  return [
    ...(await alteredTables(client)),
    ...(await alteredTriggers(client)),
    ...(await alteredFunctions(client, await expectedFunctions(root))),
    ...(await rows(client, FOREIGN_NAMES)),
    ...(await rows(client, MOVED_NAMES)),
  ];
}

async function rows(client: ClientBase, sql: string, values: unknown[] = []): Promise<AlteredObject[]> {
  return (await client.query<AlteredObject>(sql, values)).rows;
}

/** The tables $1 with everything below them. */
const TREE = `WITH RECURSIVE tree AS (
  SELECT c.oid, c.relname::pg_catalog.text AS root, 0 AS level FROM pg_catalog.pg_class c
  WHERE c.relnamespace = 'public'::pg_catalog.regnamespace AND c.relname::pg_catalog.text = ANY ($1::pg_catalog.text[])
  UNION ALL SELECT i.inhrelid, tree.root, tree.level + 1 FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)`;

async function alteredTables(client: ClientBase): Promise<AlteredObject[]> {
  const names = Object.keys(TABLES);
  const found = await rows(
    client,
    `${TREE} SELECT c.relname::pg_catalog.text AS name, fault AS detail FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
     CROSS JOIN LATERAL (VALUES
       (CASE WHEN NOT (c.relkind = 'r' OR (c.relkind = 'p' AND tree.level = 0 AND tree.root = ANY ($2))) OR c.relpersistence <> 'p'
        THEN 'it is not an ordinary table' END),
       (CASE WHEN tree.level > 0 AND NOT tree.root = ANY ($2) THEN 'it is read as a part of ' || tree.root END),
       (CASE WHEN c.relnamespace <> 'public'::pg_catalog.regnamespace THEN 'it is in another schema than the log' END),
       (CASE WHEN c.relrowsecurity OR c.relforcerowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid)
        THEN 'row security can hide rows of it' END),
       (CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid) THEN 'a rule rewrites what is asked of it' END),
       ((SELECT 'its column ' || a.attname || ' is not of a type of PostgreSQL' FROM pg_catalog.pg_attribute a
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND (t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace OR t.typtype <> 'b' OR a.attgenerated <> '') LIMIT 1))
     ) faults(fault) WHERE fault IS NOT NULL ORDER BY 1, 2`,
    [names, PARTITIONED],
  );
  const present = await rows(client, `${TREE} SELECT root AS name, '' AS detail FROM tree WHERE level = 0`, [names]);
  const missing = names.filter((name) => !present.some((row) => row.name === name));
  return [...found, ...missing.map((name) => ({ name, detail: 'the table is gone' }))];
}

async function alteredTriggers(client: ClientBase): Promise<AlteredObject[]> {
  const wanted = Object.entries(TABLES).flatMap(([table, names]) =>
    names.map((name) => ({
      table,
      name,
      of: table === 'AuditEvent' && name === 'audit_no_change' ? GUARD_OF_EVENTS : TRIGGERS[name].function,
      type: TRIGGERS[name].type,
      inherited: TRIGGERS[name].inherited,
    })),
  );
  return rows(
    client,
    `${TREE}, wanted AS (
       SELECT tree.oid, w.* FROM pg_catalog.json_to_recordset($2::pg_catalog.json)
         AS w("table" pg_catalog.text, name pg_catalog.text, "of" pg_catalog.text, type pg_catalog.int2, inherited pg_catalog.bool)
       JOIN tree ON tree.root = w."table"
         AND (tree.level = 0 OR (w.inherited AND (w.name <> 'audit_no_truncate' OR NOT EXISTS (
           SELECT FROM pg_catalog.pg_class c WHERE c.oid = tree.oid AND c.relkind = 'p')))))
     SELECT wanted.name || ' of ' || c.relname AS name, 'the trigger is missing, disabled or another one' AS detail
     FROM wanted JOIN pg_catalog.pg_class c ON c.oid = wanted.oid WHERE NOT EXISTS (
       SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
       WHERE t.tgrelid = wanted.oid AND t.tgname = wanted.name AND t.tgenabled IN ('O', 'A') AND t.tgtype = wanted.type AND t.tgqual IS NULL
         AND t.tgnargs = 0 AND pg_catalog.cardinality(t.tgattr::pg_catalog.int2[]) = 0
         AND p.pronamespace = 'public'::pg_catalog.regnamespace AND p.proname = wanted."of")
     UNION ALL SELECT t.tgname || ' of ' || c.relname, 'the trigger is not one of this release'
     FROM tree JOIN pg_catalog.pg_trigger t ON t.tgrelid = tree.oid AND NOT t.tgisinternal JOIN pg_catalog.pg_class c ON c.oid = tree.oid
     WHERE NOT EXISTS (SELECT FROM wanted WHERE wanted.oid = tree.oid AND wanted.name = t.tgname) ORDER BY 1`,
    [Object.keys(TABLES), JSON.stringify(wanted)],
  );
}

/** Not a part of an extension whose functions are machine code, which an owner cannot write. */
const OWN = (catalogue: string, oid: string) => `${oid} >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.${catalogue}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

async function alteredFunctions(
  client: ClientBase,
  wanted: ReadonlyMap<string, ExpectedFunction>,
): Promise<AlteredObject[]> {
  const { rows: found } = await client.query<ExpectedFunction & { kind: string }>(
    `SELECT p.proname::pg_catalog.text AS name, l.lanname::pg_catalog.text AS language, p.prosecdef AS definer, p.prosrc AS body, p.prokind AS kind,
       coalesce((SELECT pg_catalog.string_agg(setting, ',' ORDER BY setting) FROM (
         SELECT pg_catalog.lower(pg_catalog.split_part(c, '=', 1)) AS setting FROM pg_catalog.unnest(p.proconfig) c) s), '') AS settings
     FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
     WHERE p.pronamespace = 'public'::pg_catalog.regnamespace AND ${OWN('pg_proc', 'p.oid')} ORDER BY 1`,
  );
  const altered = found.flatMap(({ kind, ...definition }): AlteredObject[] => {
    const ours = wanted.get(definition.name);
    const name = `${definition.name}()`;
    if (ours === undefined || kind !== 'f') return [{ name, detail: 'it is not a function of this release' }];
    return isSame(definition, ours) ? [] : [{ name, detail: 'it is defined in another way than this release does' }];
  });
  const missing = [...wanted.keys()].filter((name) => !found.some((definition) => definition.name === name));
  return [...altered, ...missing.map((name) => ({ name: `${name}()`, detail: 'the function is gone' }))];
}

function isSame(found: ExpectedFunction, ours: ExpectedFunction): boolean {
  const body = (text: string) => (ours.name === OF_ANY_SIZE ? text.replace(/\d+/, '') : text);
  return (
    found.language === ours.language &&
    found.definer === ours.definer &&
    found.settings === ours.settings &&
    body(found.body) === body(ours.body)
  );
}

/** What in any schema could stand in for an operator, a cast or a function of PostgreSQL. */
const FOREIGN_NAMES = `
  SELECT 'operator ' || o.oprname AS name, 'it is not one of PostgreSQL' AS detail FROM pg_catalog.pg_operator o
    WHERE o.oprnamespace IN ('public'::pg_catalog.regnamespace, 'pg_catalog'::pg_catalog.regnamespace) AND ${OWN('pg_operator', 'o.oid')}
  UNION ALL SELECT 'cast from ' || pg_catalog.format_type(c.castsource, NULL) || ' to ' || pg_catalog.format_type(c.casttarget, NULL),
      'it is not one of PostgreSQL' FROM pg_catalog.pg_cast c WHERE ${OWN('pg_cast', 'c.oid')}
  UNION ALL SELECT 'operator class ' || c.opcname, 'it is not one of PostgreSQL' FROM pg_catalog.pg_opclass c
    WHERE c.opcnamespace = 'public'::pg_catalog.regnamespace AND ${OWN('pg_opclass', 'c.oid')}
  UNION ALL SELECT p.oid::pg_catalog.regprocedure::pg_catalog.text, 'it is not the function of PostgreSQL' FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND (
      (${OWN('pg_proc', 'p.oid')}) OR (p.oid < 16384 AND l.lanname <> 'internal' AND p.proname IN ('sha256', 'isfinite', 'string_agg', 'int2send')))`;

/** Settings of the database or of roles in it that decide which object a name means, or which triggers fire. */
const MOVED_NAMES = `
  SELECT 'setting ' || c || ' of ' || coalesce('role ' || r.rolname, 'the database') AS name, 'it moves names, or switches triggers off' AS detail
  FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
  WHERE (s.setdatabase = 0 OR d.datname = pg_catalog.current_database()) AND (
    (c LIKE 'search_path=%' AND EXISTS (SELECT FROM pg_catalog.regexp_split_to_table(pg_catalog.substr(c, 13), '\\s*,\\s*') part
      WHERE pg_catalog.btrim(part, '" ''') NOT IN ('$user', 'public', 'pg_catalog', 'extensions', ''))
     OR (c LIKE 'session_replication_role=%' AND c NOT LIKE '%=origin')) OR c ~ '^(local|session)_preload_libraries=.')`;
