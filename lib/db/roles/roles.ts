import type { Client } from 'pg';
import { openClient } from '../client.ts';
import type { AppRoles } from './grants.ts';
import { scramVerifier } from './scram.ts';
import { readDatabaseUrl } from '../url/read.ts';

export interface LoginUser {
  name: string;
  password: string;
}

/** Any fixed number will do, as long as nothing else of ours takes the same lock. */
const LOCK_KEY = 7_305_002;

/** Where a migration or a look at the database learns who is who. */
export interface RoleSources {
  DATABASE_URL: string;
  MIGRATE_DATABASE_URL?: string | undefined;
  WORKER_DATABASE_URL?: string | undefined;
  DATABASE_APP_ROLE?: string | undefined;
  DATABASE_CA_CERT?: string | undefined;
}

/** Who an installation's roles are, by the word of the server. */
export interface Installation {
  roles: AppRoles;
  users: { web: LoginUser; worker: LoginUser };
  /** What is wrong with them, as a sentence that says what to do; undefined when all is well. */
  fault: string | undefined;
}

/**
 * Asks the server who signs in with each URL. A pooler's user names are its own (`role.project`), and the grants must go to the role.
 * @param owner a connection as whoever owns the tables, or is to own them.
 * @throws when nobody can sign in with one of them: rights that are granted to nobody would be missing for ever.
 */
export async function installationOf(owner: Client, sources: RoleSources): Promise<Installation> {
  const { rows } = await owner.query<{ name: string }>('SELECT current_user AS name');
  const ownName = rows[0]?.name ?? '';
  const ownerUrl = sources.MIGRATE_DATABASE_URL ?? sources.DATABASE_URL;
  const known = { suffix: poolerSuffix(ownerUrl, ownName), made: sources.DATABASE_APP_ROLE !== undefined };
  const login = (url: string) => loginOf(url, known, sources.DATABASE_CA_CERT);
  const web = await login(sources.DATABASE_URL);
  const worker = sources.WORKER_DATABASE_URL === undefined ? web : await login(sources.WORKER_DATABASE_URL);
  const roles = { app: sources.DATABASE_APP_ROLE ?? web.name, web: web.name, worker: worker.name };
  return { roles, users: { web, worker }, fault: faultOf(ownName, roles, sources) };
}

/** Two URLs that are one role where two are meant: an app that owns its tables is stopped by triggers alone, which it may remove. */
function faultOf(owner: string, roles: AppRoles, sources: RoleSources): string | undefined {
  const meant = sources.MIGRATE_DATABASE_URL !== undefined || sources.DATABASE_APP_ROLE !== undefined;
  const name = [roles.app, roles.web, roles.worker].find((role) => role === owner);
  if (!meant || name === undefined) return undefined;
  const urls = name === roles.web ? 'MIGRATE_DATABASE_URL and DATABASE_URL' : 'the URLs of owner and app';
  return `${urls} are one role, ${name}: the app owns the tables, and nothing but triggers that it may remove keeps the audit log append-only. npm run db:roles makes a role for the app`;
}

/** What a pooler wants behind the name of a role, like `.project`; empty where there is none. */
export function poolerSuffix(url: string, role: string): string {
  const given = readDatabaseUrl(url).user;
  return role !== '' && given.startsWith(`${role}.`) ? given.slice(role.length) : '';
}

/**
 * Whom a URL signs in.
 * @param known `made`: the migration makes this user if it is missing, so the URL's name, without the pooler's `suffix`, is all there is yet.
 */
async function loginOf(
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
 * Makes the role that holds the app's rights and the users that borrow them, or brings their passwords up to date. Runs before the grants,
 * as a user that may create roles; running it again, or twice at once, changes nothing else.
 * @param appRole cannot log in; the grants go to it.
 * @param users one for each process, so that a leaked password is one process's, and the server's views say who did what.
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
