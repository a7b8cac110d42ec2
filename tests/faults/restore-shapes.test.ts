import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pg from 'pg';
import { connectionConfig } from '#lib/db/connection.ts';
import type { HostedCluster } from '../support/hosted/cluster.ts';
import { startHosted } from '../support/hosted/shapes.ts';
import { clientOf17 } from '../support/newer-client.ts';
import { haveTool } from '../support/required-tools.ts';
import { run, scratch } from '../integration/release/release-cluster.ts';
import { full } from './support.ts';

const tools = haveTool('pg_dump', 'a backup goes back into a hosted database by an owner who is no superuser');
const client17 = full && tools ? clientOf17('a backup of PostgreSQL 17 goes back into a server of 15') : undefined;
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

/** What strangers may do with a schema and with what appears in it: a restore must leave it as it was. */
const OTHERS = `SELECT nspname AS name, nspacl::text AS rights FROM pg_namespace WHERE nspname IN ('public', 'extensions', 'auth')
  UNION ALL SELECT 'default ' || defaclobjtype::text, string_agg(defaclacl::text, ' ' ORDER BY defaclacl::text) FROM pg_default_acl GROUP BY 1
  UNION ALL SELECT 'extension ' || extname, extnamespace::regnamespace::text FROM pg_extension ORDER BY 1`;

const REACHED = `SELECT count(*)::int AS n FROM pg_class c CROSS JOIN unnest('{anon,authenticated,service_role}'::text[]) AS role
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege(role, c.oid, 'SELECT')`;

let dir: string;
beforeAll(async () => {
  dir = await scratch('restore-shapes');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const SHAPES = full ? (['supabase', 'rds'] as const) : (['supabase'] as const);

describe.each(SHAPES)('into a database shaped like that of %s', (shape) => {
  let server: HostedCluster;
  beforeAll(async () => {
    server = await startHosted(shape, 15, PASSWORDS);
  });
  afterAll(() => server.stop());

  test.runIf(tools)('a backup goes back over what is there, and others keep their rights on the schemas', async () => {
    const file = join(dir, `${shape}.dump`);
    const environment = { ...(await server.create('hosted')), ...server.environment };
    const migrated = await run('npm', ['run', 'db:migrate:prod'], environment);
    expect(migrated, migrated.out).toMatchObject({ code: 0 });
    const outside = server.superuserUrl('hosted');
    const before = await rows(outside, OTHERS);
    const written = await run('scripts/backup.sh', [file], environment);
    expect(written, written.out).toMatchObject({ code: 0 });

    await rows(environment.MIGRATE_DATABASE_URL, 'CREATE TABLE later (n int)', server.environment.DATABASE_CA_CERT);
    const restored = await run('scripts/restore.sh', [file, '--confirm', 'hosted'], environment);
    expect(restored, restored.out).toMatchObject({ code: 0 });
    expect(restored.out).toContain('does not bring back: table public.later');
    expect(await rows(outside, OTHERS)).toEqual(before);
    if (shape === 'supabase') expect(await rows(outside, REACHED)).toEqual([{ n: 0 }]);

    if (!full) return;
    const empty = { ...(await server.create('empty_one')), ...server.environment };
    const into = await run('scripts/restore.sh', [file], empty);
    expect(into, into.out).toMatchObject({ code: 0, out: expect.stringContaining('0 findings') as string });
    expect(
      await rows(
        empty.MIGRATE_DATABASE_URL,
        'SELECT count(*)::int AS n FROM "User"',
        server.environment.DATABASE_CA_CERT,
      ),
    ).toEqual([{ n: 0 }]);
  });
});

if (full)
  test.runIf(client17)(
    'a backup of 17 goes back into 15 with the client of 17, and with that of 15 it is refused',
    async () => {
      const [newer, older] = await Promise.all(
        [17, 15].map((major) => startHosted('plain', major as 15 | 17, PASSWORDS)),
      );
      if (newer === undefined || older === undefined) throw new Error('two servers');
      try {
        const file = join(dir, 'newer.dump');
        const withClient = { PATH: `${client17}:${process.env.PATH}` };
        const source = await newer.create('source');
        expect((await run('npm', ['run', 'db:migrate:prod'], { ...source })).code).toBe(0);
        const written = await run('scripts/backup.sh', [file], { ...source, ...withClient });
        expect(written, written.out).toMatchObject({ code: 0 });
        expect(await readFile(`${file}.manifest.json`, 'utf8')).toMatch(/"server": "17/);

        const target = await older.create('target');
        const refused = await run('scripts/restore.sh', [file], { ...target });
        expect(refused).toMatchObject({ code: 3, out: expect.stringContaining('postgresql-client-17') as string });
        await rows(target.MIGRATE_DATABASE_URL, 'CREATE TABLE old (n int)');
        const restored = await run('scripts/restore.sh', [file, '--confirm', 'target'], { ...target, ...withClient });
        expect(restored, restored.out).toMatchObject({ code: 0, out: expect.stringContaining('0 findings') as string });
        expect(restored.out).toContain('PostgreSQL 15 does not know transaction_timeout');
      } finally {
        await Promise.all([newer.stop(), older.stop()]);
      }
    },
  );
