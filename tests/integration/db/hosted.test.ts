import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectionConfig } from '#lib/db/connection.ts';
import type { DatabaseUrls } from '../../support/postgres/named-database.ts';
import type { HostedCluster } from '../../support/hosted/cluster.ts';
import { startHosted } from '../../support/hosted/shapes.ts';

const PASSWORDS = { owner: 'p%w owner', app: 'p%w app' };

async function rows(url: string, sql: string, caCert?: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(connectionConfig(url, caCert));
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const WHO = `SELECT current_user AS role, rolsuper AS super, rolcreaterole AS makes_roles,
  pg_get_userbyid(datdba) = current_user AS owns FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`;

describe('a server shaped like Supabase', () => {
  let server: HostedCluster;
  let urls: DatabaseUrls;

  beforeAll(async () => {
    server = await startHosted('supabase', 17, PASSWORDS);
    urls = await server.create('shaped_like');
  });
  afterAll(() => server.stop());

  test('is reached by role.project, owned by a role that is no superuser, and knows the app by its plain name', async () => {
    expect(new URL(urls.DATABASE_URL).username).toMatch(/^golive_app\.[a-z]{20}$/);
    expect(await rows(urls.MIGRATE_DATABASE_URL, WHO)).toEqual([
      { role: 'postgres', super: false, makes_roles: true, owns: true },
    ]);
    expect(await rows(urls.DATABASE_URL, 'SELECT current_user AS role')).toEqual([{ role: 'golive_app' }]);
    const foreign = urls.DATABASE_URL.replace(/\.[a-z]{20}:/, '.somebodyelsesproject:');
    await expect(rows(foreign, 'SELECT')).rejects.toThrow('Tenant or user not found');
  });

  test('gives its API every right on a table that the owner makes in public', async () => {
    await rows(urls.MIGRATE_DATABASE_URL, 'CREATE TABLE public.open_to_all (n int)');
    const rights = `SELECT r AS role, has_table_privilege(r, 'public.open_to_all', 'DELETE') AS deletes
      FROM unnest('{anon,authenticated,service_role}'::text[]) AS r`;
    expect(await rows(server.superuserUrl('shaped_like'), rights)).toEqual(
      ['anon', 'authenticated', 'service_role'].map((role) => ({ role, deletes: true })),
    );
  });

  test('keeps extensions and accounts in schemas that the owner cannot change', async () => {
    await expect(rows(urls.MIGRATE_DATABASE_URL, 'DROP TABLE auth.users')).rejects.toThrow(/must be owner/);
    await expect(rows(urls.MIGRATE_DATABASE_URL, 'DROP EXTENSION pg_stat_statements')).rejects.toThrow(/must be owner/);
  });
});

describe('a server shaped like RDS', () => {
  let server: HostedCluster;
  let urls: DatabaseUrls;

  beforeAll(async () => {
    server = await startHosted('rds', 17, PASSWORDS);
    urls = await server.create('shaped_like');
  });
  afterAll(() => server.stop());

  test('is owned by a member of rds_superuser that is no superuser', async () => {
    const member = `SELECT pg_has_role('rds_superuser', 'member') AS member`;
    const ca = server.environment.DATABASE_CA_CERT;
    expect(await rows(urls.MIGRATE_DATABASE_URL, WHO, ca)).toEqual([
      { role: 'golive_master', super: false, makes_roles: true, owns: true },
    ]);
    expect(await rows(urls.MIGRATE_DATABASE_URL, member, ca)).toEqual([{ member: true }]);
  });

  test('refuses plain text, and is trusted under its own authority alone', async () => {
    const plain = urls.DATABASE_URL.replace('sslmode=require', 'sslmode=disable');
    await expect(rows(plain, 'SELECT')).rejects.toThrow(/no encryption/);
    await expect(rows(urls.DATABASE_URL, 'SELECT')).rejects.toThrow(/certificate|self.signed/i);
    const [row] = await rows(
      urls.DATABASE_URL,
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      server.environment.DATABASE_CA_CERT,
    );
    expect(row).toEqual({ ssl: true });
  });
});
