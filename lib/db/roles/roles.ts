import type { Client } from 'pg';
import { openClient } from '../client.ts';
import type { AppRoles } from './grants.ts';
import { scramVerifier } from './scram.ts';
import { readDatabaseUrl } from '../url/read.ts';

export interface LoginUser {
  name: string;
  password: string;
}

/** Key of the advisory lock; arbitrary but unique in this application. */
const LOCK_KEY = 7_305_002;

/** Variables from which the database roles are determined. */
export interface RoleSources {
  DATABASE_URL: string;
  MIGRATE_DATABASE_URL?: string | undefined;
  WORKER_DATABASE_URL?: string | undefined;
  DATABASE_APP_ROLE?: string | undefined;
  DATABASE_CA_CERT?: string | undefined;
}

/** The database roles, as reported by the server. */
export interface DatabaseRoles {
  roles: AppRoles;
  users: { web: LoginUser; worker: LoginUser };
  /** A problem with the roles and its fix; undefined when there is none. */
  problem: string | undefined;
}

/**
 * Determines the role behind each URL by connecting: a pooler's user names (`role.project`) differ from the roles that get the grants.
 * @param owner a connection as the (future) owner of the tables.
 * @throws when a login fails: its grants would be missing.
 */
export async function readDatabaseRoles(owner: Client, sources: RoleSources): Promise<DatabaseRoles> {
  const { rows } = await owner.query<{ name: string }>('SELECT current_user AS name');
  const ownName = rows[0]?.name ?? '';
  const ownerUrl = sources.MIGRATE_DATABASE_URL ?? sources.DATABASE_URL;
  const known = { suffix: poolerSuffix(ownerUrl, ownName), made: sources.DATABASE_APP_ROLE !== undefined };
  const login = (url: string) => readLogin(url, known, sources.DATABASE_CA_CERT);
  const web = await login(sources.DATABASE_URL);
  const worker = sources.WORKER_DATABASE_URL === undefined ? web : await login(sources.WORKER_DATABASE_URL);
  const roles = { app: sources.DATABASE_APP_ROLE ?? web.name, web: web.name, worker: worker.name };
  return { roles, users: { web, worker }, problem: problemWith(ownName, roles, sources) };
}

/**
 * Reports when owner and app are the same role although two are configured: only triggers would then protect the log, and an owner can
 * remove them.
 */
function problemWith(owner: string, roles: AppRoles, sources: RoleSources): string | undefined {
  const meant = sources.MIGRATE_DATABASE_URL !== undefined || sources.DATABASE_APP_ROLE !== undefined;
  const name = [roles.app, roles.web, roles.worker].find((role) => role === owner);
  if (!meant || name === undefined) return undefined;
  const urls = name === roles.web ? 'MIGRATE_DATABASE_URL and DATABASE_URL' : 'the URLs of owner and app';
  return `${urls} are one role, ${name}: the app owns the tables, and nothing but triggers that it may remove keeps the audit log append-only. npm run db:roles makes a role for the app`;
}

/** The suffix that a pooler requires after role names, like `.project`; empty when there is none. */
export function poolerSuffix(url: string, role: string): string {
  const given = readDatabaseUrl(url).user;
  return role !== '' && given.startsWith(`${role}.`) ? given.slice(role.length) : '';
}

/**
 * The role of a URL.
 * @param known `made`: the migration makes this user if it is missing, so the URL's name, without the pooler's `suffix`, is all there is
 * yet.
 */
async function readLogin(
  url: string,
  { made, suffix }: { made: boolean; suffix: string },
  caCert?: string,
): Promise<LoginUser> {
  const { user: given, password = '' } = readDatabaseUrl(url);
  const plain = suffix !== '' && given.endsWith(suffix) ? given.slice(0, -suffix.length) : given;
  const named = { name: plain, password };
  try {
    const client = await openClient(url, { caCert });
    try {
      const { rows } = await client.query<{ name: string }>('SELECT current_user AS name');
      return { ...named, name: rows[0]?.name ?? named.name };
    } finally {
      await client.end();
    }
  } catch (error) {
    if (made) return named;
    throw new Error(
      `nobody can sign in with the app's database URL as ${given}, so it would be left without rights: npm run db:roles makes the role, and so does a migration when DATABASE_APP_ROLE is set (${(error as Error).message})`,
      { cause: error },
    );
  }
}

/**
 * Creates the role that holds the app's privileges and its member users, or updates their passwords. Runs before the grants, as a user with
 * CREATEROLE; idempotent and safe to run concurrently.
 * @param appRole NOLOGIN role that gets the grants.
 * @param users one per process, to limit leaked passwords and to identify processes in server views.
 */
export async function ensureAppRoles(client: Client, appRole: string, users: LoginUser[]): Promise<void> {
  const role = client.escapeIdentifier(appRole);
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    await create(client, appRole, 'NOLOGIN');
    for (const user of users) {
      await create(client, user.name, 'LOGIN');
      const name = client.escapeIdentifier(user.name);
      await client.query(`ALTER ROLE ${name} PASSWORD ${client.escapeLiteral(scramVerifier(user.password))}`);
      await client.query(`GRANT ${role} TO ${name}`);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function create(client: Client, name: string, kind: 'LOGIN' | 'NOLOGIN'): Promise<void> {
  const found = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (found.rowCount === 0) await client.query(`CREATE ROLE ${client.escapeIdentifier(name)} ${kind}`);
}
