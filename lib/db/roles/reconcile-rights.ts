import type { Client } from 'pg';
import { QUEUE_SCHEMA } from './schemas.ts';
import { escapeIdentifier } from '../client.ts';
import { dealt, GRANTS, QUEUE_GRANTS, type AppRoles, type Grant } from './grants.ts';
import { describeObject, heldRights, OWNER_SQL, ownerOf, revokeSql, type HeldRight } from './held-rights.ts';

/** Privileges that a role of the app lacks on one object, or has and should not have. */
export interface RightFault {
  role: string;
  /** For example `TABLE public."User"`. */
  object: string;
  verdict: 'missing' | 'superfluous';
  privileges: string[];
  /** The statement that puts it right. */
  mend: string;
}

type Held = Pick<HeldRight, 'kind' | 'name' | 'column' | 'privilege'> & { role: string; optionOnly: boolean };

/**
 * How the rights of the app's roles differ from those that this release wants. The owner and superusers hold everything, so nothing can be
 * compared for them.
 * @throws when a table or routine of this release is missing: migrate first.
 */
export async function rightFaults(client: Client, roles: AppRoles): Promise<RightFault[]> {
  const names = await comparable(client, roles);
  const grants = [...GRANTS, ...(await queueGrants(client))];
  const wanted = dealt(grants, roles)
    .filter(({ role }) => names.includes(role))
    .map((right): Held => ({ ...right, column: null, optionOnly: false }));
  const held = (await heldRights(client)).flatMap(({ grantee, grantable, ...right }): Held[] =>
    // Default privileges are nobody's: those of the app are told with the strangers'.
    grantee === null || !names.includes(grantee) || right.kind === 'future'
      ? []
      : [
          { ...right, role: grantee, optionOnly: false },
          ...(grantable ? [{ ...right, role: grantee, optionOnly: true }] : []),
        ],
  );
  const owner = escapeIdentifier(await ownerOf(client));
  const toRevoke = (group: Held[], first: Held) =>
    revokeSql(first, group.map(privilegeOf), {
      owner,
      grantee: escapeIdentifier(first.role),
      optionOnly: first.optionOnly,
    });
  const toGrant = (group: Held[], { kind, name, role }: Held) =>
    `GRANT ${group.map(privilegeOf).join(', ')} ON ${kind} ${name} TO ${escapeIdentifier(role)}`;
  return [
    ...faults('missing', without(wanted, held), toGrant),
    ...faults('superfluous', without(held, wanted), toRevoke),
  ];
}

/** Puts them right, all or none. @returns what was wrong. */
export async function settleRights(client: Client, roles: AppRoles): Promise<RightFault[]> {
  const found = await rightFaults(client, roles);
  // One text without parameters is one transaction.
  if (found.length > 0) await client.query(found.map(({ mend }) => mend).join(';\n'));
  return found;
}

const privilegeOf = ({ privilege }: Held) => privilege;
const keyOf = ({ role, kind, name, column, privilege, optionOnly }: Held) =>
  JSON.stringify([role, kind, name, column, privilege, optionOnly]);

function without(rights: Held[], others: Held[]): Held[] {
  const known = new Set(others.map(keyOf));
  return rights.filter((right) => !known.has(keyOf(right)));
}

function faults(
  verdict: RightFault['verdict'],
  rights: Held[],
  mend: (group: Held[], first: Held) => string,
): RightFault[] {
  const groups = Map.groupBy(rights, (right) => JSON.stringify([right.role, describeObject(right), right.optionOnly]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const privileges = group.map(({ privilege }) => privilege + (first.optionOnly ? ' WITH GRANT OPTION' : ''));
    return [{ role: first.role, object: describeObject(first), verdict, privileges, mend: mend(group, first) }];
  });
}

/** Those of the roles that are there, own nothing of ours and are no superusers. */
async function comparable(client: Client, { app, web, worker }: AppRoles): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles WHERE rolname = ANY ($1) AND NOT rolsuper AND oid <> ${OWNER_SQL}`,
    [[app, web, worker]],
  );
  return rows.map(({ name }) => name);
}

/** What both processes may do with the queue's tables and routines, as many as its schema has. */
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
