import { rm } from 'node:fs/promises';
import { escapeLiteral } from '#lib/db/client.ts';
import { APP } from '../postgres/named-database.ts';
import { execute } from '../postgres/postgres.ts';
import { memoryFolder } from '../postgres/scratch-folder.ts';
import { startTestCluster } from '../postgres/test-cluster.ts';
import { makeAppRole, type HostedCluster, type RolePasswords } from './cluster.ts';
import { startPooler } from './pooler.ts';

const SUPERUSER = 'supabase_admin';
/** The customer's role; owns the database, not a superuser. */
const CUSTOMER = 'postgres';
const PROJECT = 'abcdefghijklmnopqrst';
const TEMPLATE = 'shaped';

/** Server-wide roles. The three API roles have default privileges on `public`. */
const roles = (passwords: RolePasswords) => [
  `CREATE ROLE ${CUSTOMER} LOGIN CREATEROLE CREATEDB REPLICATION BYPASSRLS PASSWORD ${escapeLiteral(passwords.owner)}`,
  'CREATE ROLE anon NOLOGIN NOINHERIT',
  'CREATE ROLE authenticated NOLOGIN NOINHERIT',
  'CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS',
  'CREATE ROLE authenticator LOGIN NOINHERIT',
  'CREATE ROLE supabase_auth_admin NOLOGIN NOINHERIT CREATEROLE',
  'GRANT anon, authenticated, service_role TO authenticator',
  `GRANT anon, authenticated, service_role, authenticator TO ${CUSTOMER} WITH ADMIN OPTION`,
  `GRANT pg_monitor, pg_signal_backend, pg_read_all_data TO ${CUSTOMER}`,
  `ALTER ROLE ${CUSTOMER} SET search_path TO "$user", public, extensions`,
  "ALTER ROLE anon SET statement_timeout = '3s'",
  "ALTER ROLE authenticated SET statement_timeout = '8s'",
];

const API = 'anon, authenticated, service_role';

/** Initial content of a project's database. */
const CONTENTS = [
  'CREATE SCHEMA extensions',
  'CREATE EXTENSION pgcrypto SCHEMA extensions',
  'CREATE EXTENSION "uuid-ossp" SCHEMA extensions',
  'CREATE EXTENSION pg_stat_statements SCHEMA extensions',
  `GRANT USAGE ON SCHEMA extensions TO ${CUSTOMER}, ${API}`,
  'CREATE SCHEMA auth AUTHORIZATION supabase_auth_admin',
  'CREATE TABLE auth.users (id uuid PRIMARY KEY, email text)',
  'ALTER TABLE auth.users OWNER TO supabase_auth_admin',
  `GRANT USAGE ON SCHEMA auth TO ${CUSTOMER}, ${API}`,
  `GRANT USAGE ON SCHEMA public TO ${CUSTOMER}, ${API}`,
  ...[SUPERUSER, CUSTOMER].flatMap((creator) =>
    ['TABLES', 'FUNCTIONS', 'SEQUENCES'].map(
      (kind) =>
        `ALTER DEFAULT PRIVILEGES FOR ROLE ${creator} IN SCHEMA public GRANT ALL ON ${kind} TO ${CUSTOMER}, ${API}`,
    ),
  ),
  `CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS
     $$ BEGIN NOTIFY pgrst, 'reload schema'; END $$`,
  'CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch()',
];

/**
 * Like Supabase: the customer's role is not a superuser, the API roles have default privileges on
 * `public`, extensions and auth have their own schemas, and connections use a pooler with `role.project` names.
 */
export async function startSupabase(major: 15 | 17, passwords: RolePasswords): Promise<HostedCluster> {
  await using started = new AsyncDisposableStack();
  const folder = await memoryFolder('hosted');
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const cluster = await startTestCluster(major, { superuser: SUPERUSER });
  started.defer(() => cluster.stop());
  await execute(cluster.url(), ...roles(passwords), `CREATE DATABASE ${TEMPLATE}`);
  await execute(cluster.url(TEMPLATE), ...CONTENTS);
  const admin = { name: SUPERUSER, password: new URL(cluster.url()).password };
  const pooler = await startPooler(folder, PROJECT, { port: cluster.port, admin });
  started.defer(() => pooler.stop());
  const pooled = (role: string, password: string, database: string) =>
    `postgres://${role}.${PROJECT}:${encodeURIComponent(password)}@127.0.0.1:${pooler.port}/${database}`;
  const running = started.move();
  return {
    async create(name) {
      await execute(cluster.url(), `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} OWNER ${CUSTOMER}`);
      const owner = pooled(CUSTOMER, passwords.owner, name);
      await makeAppRole(owner, passwords.app);
      return { DATABASE_URL: pooled(APP, passwords.app, name), MIGRATE_DATABASE_URL: owner };
    },
    environment: {},
    superuserUrl: (database) => cluster.url(database),
    stop: () => running.disposeAsync(),
  };
}
