import type { Client } from 'pg';
import { escapeIdentifier } from '../client.ts';
import type { AppRoles } from './grants.ts';
import { OWNER_SQL, type ForeignRight } from './held-rights.ts';

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
export async function foreignMemberships(client: Client, { app, web, worker }: AppRoles): Promise<ForeignRight[]> {
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
