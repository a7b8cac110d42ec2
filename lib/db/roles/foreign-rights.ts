import type { Client } from 'pg';
import { escapeIdentifier } from '../client.ts';
import type { AppRoles } from './grants.ts';
import {
  describeObject,
  type ForeignRight,
  type HeldRight,
  OWNER_SQL,
  readHeldRights,
  readOwner,
  revokeSql,
} from './held-rights.ts';

/**
 * Privileges of roles other than the owner, the app and the server's administrators: on our objects, default privileges (of the app's roles
 * too), and memberships in our roles. Hosting platforms grant such rights to their own roles, which their public API may expose.
 */
export async function foreignRights(client: Client, roles: AppRoles): Promise<ForeignRight[]> {
  const ours: (string | null)[] = [roles.app, roles.web, roles.worker];
  const rights = await readHeldRights(client);
  const foreign = rights.filter(
    ({ kind, grantee, administrator }) =>
      kind === 'future' || (!ours.includes(grantee) && !(kind === 'SCHEMA' && administrator)),
  );
  const owner = escapeIdentifier(await readOwner(client));
  const groups = Map.groupBy(foreign, (right) => `${describeObject(right)}: ${right.grantee ?? ''}`);
  const held = [...groups.values()].flatMap((group) => (group[0] ? [toForeignRight(group[0], group, owner)] : []));
  return [...held, ...(await foreignMemberships(client, roles))];
}

function toForeignRight(first: HeldRight, group: HeldRight[], owner: string): ForeignRight {
  const privileges = group.map(({ privilege }) => privilege);
  const grantee = first.grantee === null ? 'PUBLIC' : escapeIdentifier(first.grantee);
  return {
    object: describeObject(first),
    grantee: first.grantee ?? 'PUBLIC',
    privileges: privileges.join(', '),
    revoke: revokeSql(first, privileges, { owner, grantee }),
    harmless: first.kind === 'SCHEMA' && first.name === 'public' && privileges.join() === 'USAGE',
  };
}

/**
 * Revokes all foreign rights that the current user may revoke.
 * @param keepHarmless keeps harmless rights.
 * @returns the revoked and the remaining rights.
 */
export async function revokeForeignRights(
  client: Client,
  roles: AppRoles,
  { keepHarmless = false } = {},
): Promise<{ taken: ForeignRight[]; left: ForeignRight[] }> {
  const wanted = (rights: ForeignRight[]) => rights.filter(({ harmless }) => !(harmless && keepHarmless));
  const found = wanted(await foreignRights(client, roles));
  // Missing permission is an error for some objects and a warning for others, so the catalogue is read again.
  for (const { revoke } of found) await client.query(revoke).catch(() => undefined);
  const left = found.length === 0 ? [] : wanted(await foreignRights(client, roles));
  const remains = new Set(left.map(({ revoke }) => revoke));
  return { taken: found.filter(({ revoke }) => !remains.has(revoke)), left };
}

interface Membership {
  role: string;
  member: string;
  grantor: string;
  /** Since version 16 memberships are separate per grantor. */
  separate: boolean;
}

/**
 * Unexpected role memberships: of other roles in the owner or the app's roles, and of the app's roles in other roles. Superusers,
 * predefined roles, roles with CREATEROLE and the database's owner are excluded.
 */
async function foreignMemberships(client: Client, { app, web, worker }: AppRoles): Promise<ForeignRight[]> {
  const { rows } = await client.query<Membership>(MEMBERSHIPS_SQL, [app, web, worker]);
  return rows.map(({ role, member, grantor, separate }) => ({
    object: `ROLE ${role}`,
    grantee: member,
    privileges: 'MEMBER',
    revoke: `REVOKE ${escapeIdentifier(role)} FROM ${escapeIdentifier(member)}${separate ? ` GRANTED BY ${escapeIdentifier(grantor)}` : ''} CASCADE`,
    harmless: false,
  }));
}

const MEMBERSHIPS_SQL = `
WITH us AS (SELECT ${OWNER_SQL} AS owner)
SELECT g.rolname AS role, m.rolname AS member, pg_get_userbyid(a.grantor) AS grantor,
  current_setting('server_version_num')::int >= 160000 AS separate
FROM us CROSS JOIN pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE m.oid <> us.owner
  AND (m.rolname IN ($1, $2, $3) OR ((g.oid = us.owner OR g.rolname IN ($1, $2, $3)) AND NOT (m.rolsuper OR m.rolcreaterole
    OR m.rolname LIKE 'pg\\_%' OR m.oid = (SELECT datdba FROM pg_database WHERE datname = current_database()))))
  AND NOT (g.rolname = $1 AND m.rolname IN ($2, $3))
ORDER BY 1, 2, 3`;
