import type { Client } from 'pg';
import { openClient } from '#lib/db/client.ts';
import type { Cluster } from './postgres.ts';

/** The database roles of an installation: the owner for migrations and the app role for web and worker. */
export const OWNER = 'golive_owner';
export const APP = 'golive_app';

export interface DatabaseUrls {
  /** As the app role. */
  DATABASE_URL: string;
  /** As the owner of the tables. */
  MIGRATE_DATABASE_URL: string;
}

/** Creates the two roles and the database if missing, and sets the passwords. */
export async function prepareDatabase(
  cluster: Pick<Cluster, 'url'>,
  name: string,
  passwords: { owner: string; app: string },
): Promise<DatabaseUrls> {
  const client = await openClient(cluster.url());
  try {
    await ensureRole(client, OWNER, 'LOGIN CREATEROLE', passwords.owner);
    await ensureRole(client, APP, 'LOGIN', passwords.app);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} OWNER ${OWNER}`);
  } finally {
    await client.end();
  }
  const as = (role: string, password: string) =>
    cluster.url(name).replace(/\/\/[^@]+@/, `//${role}:${encodeURIComponent(password)}@`);
  return { DATABASE_URL: as(APP, passwords.app), MIGRATE_DATABASE_URL: as(OWNER, passwords.owner) };
}

/** Creates or updates a role. */
async function ensureRole(client: Client, role: string, rights: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${verb} ROLE ${role} ${rights} PASSWORD ${client.escapeLiteral(password)}`);
}
