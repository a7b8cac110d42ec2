import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { scramVerifier } from './scram.ts';

/** A role to create; `password` undefined means a random one for a new role. */
export interface RequestedRole {
  name: string;
  password: string | undefined;
}

export interface CreatedRole {
  name: string;
  made: boolean;
  /** Only if it was generated here; shown once. */
  password?: string;
}

export interface CreatedRoles {
  database: string;
  /** The owner of the tables. `made` is false for an existing role, which may be the connected user. */
  owner: CreatedRole;
  users: CreatedRole[];
}

interface ServerFacts {
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
 * Creates the missing database roles: login roles for the processes, without privileges until a migration grants them, and an owner of the
 * tables. Requires CREATEROLE; idempotent except for given passwords.
 * @param wanted without `ownOwner` existing tables keep their owner, and new ones belong to the connected user, often the only one a
 * hosting platform provides; instead of a superuser a separate owner is created.
 * @throws before any change, when the connected user lacks privileges, or a name is a role that the app must not use.
 */
export async function createRoles(
  client: Client,
  wanted: { owner: RequestedRole; ownOwner: boolean; users: readonly RequestedRole[] },
): Promise<CreatedRoles> {
  const { rows } = await client.query<ServerFacts>(FACTS);
  const facts = rows[0];
  if (facts === undefined) throw new Error('the server does not know the connected user');
  const names = [wanted.owner.name, ...wanted.users.map(({ name }) => name)];
  if (new Set(names).size < names.length) throw new Error('owner, app and worker need a name each');
  const createsOwner = facts.tables_of === null && (wanted.ownOwner || facts.super);
  const ownerName = createsOwner ? wanted.owner.name : (facts.tables_of ?? facts.me);
  for (const { name } of wanted.users) await rejectPrivilegedRole(client, name, ownerName);
  await client.query('BEGIN');
  try {
    const owner = createsOwner ? await createOwner(client, wanted.owner, facts) : { name: ownerName, made: false };
    const users: CreatedRole[] = [];
    for (const user of wanted.users) {
      users.push(await createUser(client, user, facts));
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

/** An owner or superuser would bypass all privileges. */
async function rejectPrivilegedRole(client: Client, name: string, owner: string): Promise<void> {
  const { rows } = await client.query<{ privileged: boolean }>(
    'SELECT rolsuper OR rolcreaterole OR rolbypassrls AS privileged FROM pg_roles WHERE rolname = $1',
    [name],
  );
  if (name === owner) throw new Error(`${name} owns the tables: the app needs a role of its own`);
  if (rows[0]?.privileged) throw new Error(`${name} is a superuser or makes roles: the app needs a role that does not`);
}

/** A role that can create tables; it also gets the database itself when that is empty. */
async function createOwner(client: Client, wanted: RequestedRole, facts: ServerFacts): Promise<CreatedRole> {
  const made = await createUser(client, wanted, facts);
  const [name, database] = [wanted.name, facts.database].map((text) => client.escapeIdentifier(text));
  if (facts.super && facts.empty) await client.query(`ALTER DATABASE ${database} OWNER TO ${name}`);
  await client.query(`GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${database} TO ${name}`);
  await client.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${name}`);
  return made;
}

async function createUser(
  client: Client,
  { name, password }: RequestedRole,
  { super: mighty, makes_roles }: ServerFacts,
): Promise<CreatedRole> {
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
