import type { Client } from 'pg';
import { type AppRoles, assignGrants, type Grant, GRANTS, QUEUE_GRANTS, QUEUE_SCHEMA } from './grants.ts';
import { escapeIdentifier } from '../client.ts';
import { describeObject, readHeldRights, OWNER_SQL, readOwner, revokeSql, type HeldRight } from './held-rights.ts';

/** Missing or superfluous privileges of a role on one object. */
export interface RightDifference {
  role: string;
  /** For example `TABLE public."User"`. */
  object: string;
  verdict: 'missing' | 'superfluous';
  privileges: string[];
  /** The statement that fixes it. */
  fix: string;
}

type Held = Pick<HeldRight, 'kind' | 'name' | 'column' | 'privilege'> & { role: string; optionOnly: boolean };

/**
 * Compares the privileges of the app's roles with those of this release. Owners and superusers hold everything and are not compared.
 * @throws when a table or routine of this release is missing: migrate first.
 */
export async function rightDifferences(client: Client, roles: AppRoles): Promise<RightDifference[]> {
  const names = await comparableRoles(client, roles);
  const grants = [...GRANTS, ...(await queueGrants(client))];
  const wanted = assignGrants(grants, roles)
    .filter(({ role }) => names.includes(role))
    .map((right): Held => ({ ...right, column: null, optionOnly: false }));
  const held = (await readHeldRights(client)).flatMap(({ grantee, grantable, ...right }): Held[] =>
    // Default privileges are reported with the foreign rights.
    grantee === null || !names.includes(grantee) || right.kind === 'future'
      ? []
      : [
          { ...right, role: grantee, optionOnly: false },
          ...(grantable ? [{ ...right, role: grantee, optionOnly: true }] : []),
        ],
  );
  const owner = escapeIdentifier(await readOwner(client));
  const toRevoke = (group: Held[], first: Held) =>
    revokeSql(first, group.map(privilegeOf), {
      owner,
      grantee: escapeIdentifier(first.role),
      optionOnly: first.optionOnly,
    });
  const toGrant = (group: Held[], { kind, name, role }: Held) =>
    `GRANT ${group.map(privilegeOf).join(', ')} ON ${kind} ${name} TO ${escapeIdentifier(role)}`;
  return [
    ...groupDifferences('missing', subtract(wanted, held), toGrant),
    ...groupDifferences('superfluous', subtract(held, wanted), toRevoke),
  ];
}

/** Grants and revokes the differences in one transaction. @returns the differences. */
export async function reconcileRights(client: Client, roles: AppRoles): Promise<RightDifference[]> {
  const found = await rightDifferences(client, roles);
  // One text without parameters is one transaction.
  if (found.length > 0) await client.query(found.map(({ fix }) => fix).join(';\n'));
  return found;
}

const privilegeOf = ({ privilege }: Held) => privilege;
const keyOf = ({ role, kind, name, column, privilege, optionOnly }: Held) =>
  JSON.stringify([role, kind, name, column, privilege, optionOnly]);

function subtract(rights: Held[], others: Held[]): Held[] {
  const known = new Set(others.map(keyOf));
  return rights.filter((right) => !known.has(keyOf(right)));
}

function groupDifferences(
  verdict: RightDifference['verdict'],
  rights: Held[],
  fixOf: (group: Held[], first: Held) => string,
): RightDifference[] {
  const groups = Map.groupBy(rights, (right) => JSON.stringify([right.role, describeObject(right), right.optionOnly]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const privileges = group.map(({ privilege }) => privilege + (first.optionOnly ? ' WITH GRANT OPTION' : ''));
    return [{ role: first.role, object: describeObject(first), verdict, privileges, fix: fixOf(group, first) }];
  });
}

/** Existing roles that are neither owner nor superuser. */
async function comparableRoles(client: Client, { app, web, worker }: AppRoles): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles WHERE rolname = ANY ($1) AND NOT rolsuper AND oid <> ${OWNER_SQL}`,
    [[app, web, worker]],
  );
  return rows.map(({ name }) => name);
}

/** Grants on all tables and routines of the queue's schema. */
async function queueGrants(client: Client): Promise<Grant[]> {
  const { rows } = await client.query<{ kind: 'TABLE' | 'ROUTINE'; name: string }>(
    `SELECT 'TABLE' AS kind, format('%I.%I', relnamespace::regnamespace, relname) AS name FROM pg_class
     WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p', 'v', 'm') AND relowner = ${OWNER_SQL}
     UNION ALL SELECT 'ROUTINE', oid::regprocedure::text FROM pg_proc WHERE pronamespace = to_regnamespace($1) AND proowner = ${OWNER_SQL}
     ORDER BY 1, 2`,
    [QUEUE_SCHEMA],
  );
  return rows.map(({ kind, name }) => ({ kind, name, web: QUEUE_GRANTS[kind], worker: QUEUE_GRANTS[kind] }));
}
