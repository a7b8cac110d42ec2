import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { openClient } from './client.ts';

export interface LoginUser {
  name: string;
  password: string;
}

/** Any fixed number will do, as long as nothing else of ours takes the same lock. */
const LOCK_KEY = 7_305_002;
const ITERATIONS = 4096;

/**
 * Whom a URL signs in, by the word of the server: a pooler's user names are its own (`role.project`), and the grants must go to the role.
 * @param made the migration makes this user if it is missing, so the URL's name is the only one there is yet.
 * @throws when nobody can sign in with it: rights that are granted to nobody would be missing for ever.
 */
export async function loginOf(url: string, made: boolean, caCert?: string): Promise<LoginUser> {
  const { username, password } = new URL(url);
  const named = { name: decodeURIComponent(username), password: decodeURIComponent(password) };
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
      `nobody can sign in with the app's database URL as ${named.name}, so it would be left without rights: make the role, or set DATABASE_APP_ROLE and let the migration make it (${(error as Error).message})`,
      { cause: error },
    );
  }
}

/**
 * Makes the role that holds the app's rights and the users that borrow them, or brings their passwords up to date. Runs before the grants
 * of prisma/postgres, as a user that may create roles; running it again, or twice at once, changes nothing else.
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

/**
 * What PostgreSQL stores of a password (RFC 5803). Sent in place of the password, which would otherwise stand in the server's log
 * whenever statements are logged. For passwords in ASCII, where SASLprep changes nothing.
 */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`;
}
