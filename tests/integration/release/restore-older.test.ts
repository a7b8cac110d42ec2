import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDb } from '#lib/db.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { haveTool } from '../../support/required-tools.ts';
import { migrateEnvironment, releaseCluster, ROOT, run, scratch, type ReleaseCluster } from './release-cluster.ts';

const tools = haveTool('pg_dump', 'a backup of another release comes back, and says what is left to do');
let server: ReleaseCluster;
let dir: string;

beforeAll(async () => {
  server = await releaseCluster();
  dir = await scratch('restore-older');
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A database as the release left it whose newest migration was the last one before `next`, with the records of both kinds of migrations. */
async function databaseOf(next: string, name: string): Promise<string> {
  await server.create(name);
  const statements = [
    `CREATE TABLE "_prisma_migrations" (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
       migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(),
       applied_steps_count integer NOT NULL DEFAULT 0)`,
    `CREATE TABLE "_postgres_migrations" (name text PRIMARY KEY, checksum text NOT NULL,
       applied_at timestamptz(3) NOT NULL DEFAULT now(), duration_ms integer NOT NULL)`,
  ];
  const all = (await readdir(join(ROOT, 'prisma/migrations'))).sort();
  for (const migration of all.filter((entry) => /^\d/.test(entry) && entry < next)) {
    const sql = await readFile(join(ROOT, 'prisma/migrations', migration, 'migration.sql'), 'utf8');
    statements.push(sql);
    statements.push(`INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
      VALUES (gen_random_uuid(), '${sha256(sql)}', '${migration}', now(), 1)`);
  }
  for (const file of await readdir(join(ROOT, 'prisma/postgres'))) {
    const sql = await readFile(join(ROOT, 'prisma/postgres', file), 'utf8');
    statements.push(`INSERT INTO "_postgres_migrations" VALUES ('${file}', '${sha256(sql)}', now(), 1)`);
  }
  await execute(server.owner(name), ...statements);
  return name;
}

test.runIf(tools)(
  'a backup of an older release ends with the step that is left, after which the app has its rights',
  async () => {
    const file = join(dir, 'older.dump');
    const source = await databaseOf('20261125', 'older');
    const written = await run('scripts/backup.sh', [file], migrateEnvironment(server, source));
    expect(written, written.out).toMatchObject({ code: 0 });
    await server.create('under_newer');
    const environment = migrateEnvironment(server, 'under_newer');
    const restored = await run('scripts/restore.sh', [file], environment);
    expect(restored).toMatchObject({ code: 9, out: expect.stringContaining('npm run db:migrate:prod') as string });
    const migrated = await run('npm', ['run', 'db:migrate:prod'], environment);
    expect(migrated, migrated.out).toMatchObject({ code: 0 });
    const db = openDb(server.app('under_newer'));
    expect(await db.user.count()).toBe(0);
    await db.$disconnect();
  },
);

test.runIf(tools)('a backup of a newer release says so', async () => {
  const file = join(dir, 'newer.dump');
  const source = await databaseOf('20261125', 'newer');
  await execute(
    server.owner(source),
    `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at) VALUES ('x', '', '29990101000000_later', now())`,
  );
  expect((await run('scripts/backup.sh', [file], migrateEnvironment(server, source))).code).toBe(0);
  await server.create('under_older');
  const restored = await run('scripts/restore.sh', [file], migrateEnvironment(server, 'under_older'));
  expect(restored).toMatchObject({
    code: 9,
    out: expect.stringContaining('newer release (29990101000000_later)') as string,
  });
});

test('every exit code of the two scripts is in their --help', async () => {
  const sources = async (names: string[]) =>
    (await Promise.all(names.map((name) => readFile(join(ROOT, 'scripts', name), 'utf8')))).join('\n');
  const shared = ['support/database.sh', 'support/named-database.sh'];
  for (const [script, own] of [
    ['backup.sh', []],
    ['restore.sh', ['finish', 'replace', 'target'].map((name) => `support/restore/${name}.sh`)],
  ] as const) {
    const text = await sources([script, ...own, ...shared]);
    const used = new Set(Array.from(text.matchAll(/\bdie (\d)\b/g), (match) => match[1] ?? ''));
    const { code, out } = await run(`scripts/${script}`, ['--help']);
    expect(code).toBe(0);
    const told = new Set(Array.from(out.slice(out.indexOf('Exit:')).matchAll(/(?:^|[ ,])(\d) /g), (match) => match[1]));
    expect(
      [...used].filter((number) => !told.has(number)),
      script,
    ).toEqual([]);
    expect(used.size).toBeGreaterThan(3);
  }
});
