import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { scramVerifier } from './scram.ts';

/** A role to make: `password` is the one to set, or undefined for a random one if the role is new. */
export interface WantedRole {
  name: string;
  password: string | undefined;
}

export interface MadeRole {
  name: string;
  made: boolean;
  /** Only when it was made up here, and never again. */
  password?: string;
}

export interface Made {
  database: string;
  /** Owns the tables, or will. `made` is false for one that was there, which may be the connected user. */
  owner: MadeRole;
  users: MadeRole[];
}

interface Facts {
  me: string;
  super: boolean;
  makes_roles: boolean;
  database: string;
  tables_of: string | null;
  empty: boolean;
}

const FACTS = `SELECT current_user AS me, rolsuper AS super, rolcreaterole AS makes_roles, current_database() AS database,
  (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('public."User"')) AS tables_of,
  NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS empty
  FROM pg_roles WHERE rolname = current_user`;

/**
 * Makes the roles of an installation, those that are missing: users for the processes, who may log in and nothing more until a migration grants
 * them their rights, and an owner for the tables. Runs as anybody who may make roles; running it again changes nothing but given passwords.
 * @param wanted without an `owner` the tables stay with whom they have, and otherwise become the connected user's, who is often all that a hosting
 *   platform gives; a superuser's would be more than migrations need, so an owner is made instead.
 * @throws before anything is done when the connected user may not, or a name stands for a role that the app must not be.
 */
export async function makeRoles(
  client: Client,
  wanted: { owner: WantedRole; ownOwner: boolean; users: readonly WantedRole[] },
): Promise<Made> {
  const { rows } = await client.query<Facts>(FACTS);
  const facts = rows[0];
  if (facts === undefined) throw new Error('the server does not know the connected user');
  const names = [wanted.owner.name, ...wanted.users.map(({ name }) => name)];
  if (new Set(names).size < names.length) throw new Error('owner, app and worker need a name each');
  const makesOwner = facts.tables_of === null && (wanted.ownOwner || facts.super);
  const ownerName = makesOwner ? wanted.owner.name : (facts.tables_of ?? facts.me);
  for (const { name } of wanted.users) await refuseMighty(client, name, ownerName);
  await client.query('BEGIN');
  try {
    const owner = makesOwner ? await makeOwner(client, wanted.owner, facts) : { name: ownerName, made: false };
    const users: MadeRole[] = [];
    for (const user of wanted.users) {
      users.push(await makeUser(client, user, facts));
      await client.query(
        `GRANT CONNECT ON DATABASE ${client.escapeIdentifier(facts.database)} TO ${client.escapeIdentifier(user.name)}`,
      );
    }
    await client.query('COMMIT');
    return { database: facts.database, owner, users };
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** The app as owner or superuser would stand above every right that it is denied. */
async function refuseMighty(client: Client, name: string, owner: string): Promise<void> {
  const { rows } = await client.query<{ mighty: boolean }>(
    'SELECT rolsuper OR rolcreaterole OR rolbypassrls AS mighty FROM pg_roles WHERE rolname = $1',
    [name],
  );
  if (name === owner) throw new Error(`${name} owns the tables: the app needs a role of its own`);
  if (rows[0]?.mighty) throw new Error(`${name} is a superuser or makes roles: the app needs a role that does not`);
}

/** A role that may make tables in the database; the whole database is its own where that takes nothing from anybody. */
async function makeOwner(client: Client, wanted: WantedRole, facts: Facts): Promise<MadeRole> {
  const made = await makeUser(client, wanted, facts);
  const [name, database] = [wanted.name, facts.database].map((text) => client.escapeIdentifier(text));
  if (facts.super && facts.empty) await client.query(`ALTER DATABASE ${database} OWNER TO ${name}`);
  await client.query(`GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${database} TO ${name}`);
  await client.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${name}`);
  return made;
}

async function makeUser(
  client: Client,
  { name, password }: WantedRole,
  { super: mighty, makes_roles }: Facts,
): Promise<MadeRole> {
  const role = client.escapeIdentifier(name);
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (rowCount === 0 && !mighty && !makes_roles)
    throw new Error(
      `the connected user may not make roles: connect as the platform's own user, or have it ALTER ROLE … CREATEROLE`,
    );
  const own = rowCount === 0 && password === undefined ? randomBytes(24).toString('base64url') : undefined;
  const secret = password ?? own;
  if (rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN`);
  if (secret !== undefined)
    await client.query(`ALTER ROLE ${role} PASSWORD ${client.escapeLiteral(scramVerifier(secret))}`);
  return { name, made: rowCount === 0, ...(own === undefined ? {} : { password: own }) };
}
