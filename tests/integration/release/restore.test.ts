import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from '../../support/postgres/postgres.ts';
import { haveTool } from '../../support/required-tools.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from './release-cluster.ts';

const tools = haveTool('pg_dump', 'a restore that fails leaves what was there, and goes where the command says');
let server: ReleaseCluster;
/** Another server with databases of the same names: production, say. */
let other: ReleaseCluster;
let dir: string;
let file: string;

beforeAll(async () => {
  [server, other] = await Promise.all([releaseCluster(), releaseCluster()]);
  dir = await scratch('restore');
  file = join(dir, 'words.dump');
  await server.create('source');
  await execute(
    server.owner('source'),
    `CREATE TABLE word AS SELECT n, 'new' AS text FROM generate_series(1, 500) n`,
    'CREATE SCHEMA pgboss',
    'CREATE TABLE pgboss.job (id int)',
  );
  if (tools) expect((await run('scripts/backup.sh', [file], migrateEnvironment(server, 'source'))).code).toBe(0);
});

afterAll(async () => {
  await Promise.all([server.stop(), other.stop()]);
  await rm(dir, { recursive: true, force: true });
});

/** A database that holds one word of its own, and objects that no backup knows. */
async function filled(name: string, cluster = server): Promise<string> {
  await cluster.create(name);
  await execute(cluster.owner(name), `CREATE TABLE word AS SELECT 0 AS n, 'old' AS text`);
  return name;
}

async function rows(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const words = (url: string) => rows(url, 'SELECT DISTINCT text, count(*)::int AS n FROM word GROUP BY text');
const OLD = [{ text: 'old', n: 1 }];
const NEW = [{ text: 'new', n: 500 }];

const restore = (name: string, args: string[] = [], environment: Record<string, string> = {}) =>
  run('scripts/restore.sh', [file, '--confirm', name, ...args], {
    ...migrateEnvironment(server, name),
    ...environment,
  });

/** Puts a command of one's own before the real one. */
async function instead(command: string, body: string): Promise<Record<string, string>> {
  const real = (await run('which', [command])).out.trim();
  const bin = join(dir, `bin-${command}-${(await readdir(dir)).length}`);
  await mkdir(bin);
  await writeFile(join(bin, command), `#!/bin/bash\nREAL=${real}\n${body}\n`);
  await chmod(join(bin, command), 0o755);
  return { PATH: `${bin}:${process.env.PATH}` };
}

/** As pg_restore 17 does: one more parameter, whether it writes a script or connects. */
const NEWER = `if [[ " $* " == *" --file=- "* ]]; then "$REAL" "$@" | sed 's/^SET lock_timeout = 0;/&\\nSET transaction_timeout = 0;/'; exit "\${PIPESTATUS[0]}"; fi
if [[ " $* " == *" --dbname "* ]]; then echo 'pg_restore: error: unrecognized configuration parameter "transaction_timeout"' >&2; exit 1; fi
exec "$REAL" "$@"`;

test.runIf(tools)('a parameter that only the client knows is left out, and named', async () => {
  const name = await filled('newer');
  const ran = await restore(name, [], await instead('pg_restore', NEWER));
  expect(ran, ran.out).toMatchObject({
    code: 0,
    out: expect.stringContaining('does not know transaction_timeout') as string,
  });
  expect(await words(server.owner(name))).toEqual(NEW);
});

test.runIf(tools)('with --jobs, where it cannot be left out, it is refused before anything is removed', async () => {
  const name = await filled('newer_jobs');
  const ran = await restore(name, ['--jobs', '2'], await instead('pg_restore', NEWER));
  expect(ran).toMatchObject({ code: 3, out: expect.stringContaining('leave out --jobs') as string });
  expect(await words(server.owner(name))).toEqual(OLD);
  const parallel = await restore(name, ['--jobs', '2']);
  expect(parallel, parallel.out).toMatchObject({ code: 0 });
  expect(await words(server.owner(name))).toEqual(NEW);
});

test.runIf(tools)('a dump that breaks off in the middle leaves what was there', async () => {
  const name = await filled('broken_off');
  const half = await instead(
    'pg_restore',
    `if [[ " $* " == *" --use-list "* ]]; then "$REAL" "$@" | head -c 2500; exit 1; fi; exec "$REAL" "$@"`,
  );
  const ran = await restore(name, [], half);
  expect(ran).toMatchObject({ code: 7, out: expect.stringContaining('nothing was changed') as string });
  expect(await words(server.owner(name))).toEqual(OLD);
});

test.runIf(tools)('rows that differ from the manifest are found before the old database is removed', async () => {
  const name = await filled('differs');
  const copy = join(dir, 'differs.dump');
  await writeFile(copy, await readFile(file));
  const manifest = await readFile(`${file}.manifest.json`, 'utf8');
  await writeFile(`${copy}.manifest.json`, manifest.replace('"public.word" : 500', '"public.word" : 501'));
  const ran = await run('scripts/restore.sh', [copy, '--confirm', name], migrateEnvironment(server, name));
  expect(ran).toMatchObject({ code: 8, out: expect.stringMatching(/rows differ.*Nothing was changed/) as string });
  expect(await words(server.owner(name))).toEqual(OLD);
});

test.runIf(tools)('a restore that is ended from outside leaves what was there and says so', async () => {
  const name = await filled('ended');
  // Waits after the removal, until it is told to end.
  const slow = await instead(
    'pg_restore',
    `if [[ " $* " == *" --use-list "*wanted* ]]; then touch ${dir}/waits; sleep 60; fi; exec "$REAL" "$@"`,
  );
  let pid = 0;
  const running = run(
    'scripts/restore.sh',
    [file, '--confirm', name],
    { ...migrateEnvironment(server, name), ...slow },
    {
      onStart: (started) => (pid = started),
    },
  );
  while (!(await readdir(dir)).includes('waits')) await new Promise((resolve) => setTimeout(resolve, 50));
  process.kill(pid, 'SIGTERM');
  expect(await running).toMatchObject({
    code: 7,
    out: expect.stringMatching(/interrupted: nothing was changed/) as string,
  });
  expect(await words(server.owner(name))).toEqual(OLD);
});

test.runIf(tools)(
  'the target is the database of DATABASE_URL, whatever MIGRATE_DATABASE_URL the shell holds',
  async () => {
    const name = 'same_name';
    await Promise.all([filled(name), filled(name, other)]);
    const ran = await run('scripts/restore.sh', [file, '--confirm', name], {
      DATABASE_URL: server.owner(name),
      MIGRATE_DATABASE_URL: other.owner(name),
    });
    expect(ran, ran.out).toMatchObject({ code: 0, out: expect.stringContaining('names another database') as string });
    expect(await words(server.owner(name))).toEqual(NEW);
    expect(await words(other.owner(name))).toEqual(OLD);
  },
);

test.runIf(tools)('a confirmation that names another host or port is none', async () => {
  const name = await filled('confirmed');
  const full = `127.0.0.1:${server.cluster.port}/${name}`;
  const elsewhere = `127.0.0.1:${other.cluster.port}/${name}`;
  const wrong = await run('scripts/restore.sh', [file, '--confirm', elsewhere], migrateEnvironment(server, name));
  expect(wrong).toMatchObject({ code: 5, out: expect.stringContaining(`--confirm ${full}`) as string });
  expect(await restore(name, ['--confirm', full])).toMatchObject({ code: 0 });
});

test.runIf(tools)('without a manifest every schema of the dump is replaced, not public alone', async () => {
  const name = await filled('no_manifest');
  expect(await restore(name)).toMatchObject({ code: 0 });
  const again = await restore(name, ['--without-manifest']);
  expect(again, again.out).toMatchObject({ code: 0 });
  expect(await words(server.owner(name))).toEqual(NEW);
});

test.runIf(tools)(
  'what the backup does not bring back is named before anything is removed, and so is what stands on it',
  async () => {
    const name = await filled('guests');
    await execute(
      server.owner(name),
      'CREATE TABLE guest (id int PRIMARY KEY)',
      'CREATE VIEW guest_view AS SELECT * FROM word',
      'CREATE FUNCTION guest_function(a int, b text) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      `CREATE TYPE guest_mood AS ENUM ('well')`,
      'CREATE SCHEMA elsewhere',
      'CREATE VIEW elsewhere.report AS SELECT n FROM public.word',
      'CREATE TABLE elsewhere.visit (guest int REFERENCES public.guest (id))',
    );
    await execute(server.cluster.url(name), 'CREATE EXTENSION citext', 'CREATE TABLE foreign_to_us (n int)');
    const refused = await restore('wrong', [], migrateEnvironment(server, name));
    expect(refused.code).toBe(5);
    for (const line of [
      'does not bring back: table public.guest',
      'does not bring back: view public.guest_view',
      'does not bring back: function public.guest_function(integer,text)',
      'does not bring back: type public.guest_mood',
      'stands on what is replaced: view elsewhere.report',
      'stands on what is replaced: table constraint visit_guest_fkey on elsewhere.visit',
      'leaves: extension citext',
      'leaves: table public.foreign_to_us of postgres',
    ])
      expect(refused.out).toContain(line);
    expect(refused.out).not.toContain('public.word');
    expect(await words(server.owner(name))).toEqual(OLD);
    expect(await restore(name)).toMatchObject({ code: 0 });
    const left = await rows(
      server.cluster.url(name),
      `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE nspname IN ('public', 'elsewhere') AND relkind IN ('r', 'v') ORDER BY 1`,
    );
    expect(left.map((row) => row.name)).toEqual(['elsewhere.visit', 'foreign_to_us', 'word']);
    expect(await rows(server.owner(name), `SELECT 'A'::citext = 'a' AS same`)).toEqual([{ same: true }]);
  },
);

test.runIf(tools)('the files of a backup can be read by their owner alone', async () => {
  for (const name of [file, `${file}.manifest.json`]) expect((await stat(name)).mode & 0o777, name).toBe(0o600);
});

test.runIf(tools)(
  'a role that cannot read everything is told which tables, and what to set, before a backup begins',
  async () => {
    const unread = join(dir, 'app.dump');
    const ran = await run('scripts/backup.sh', [unread], { DATABASE_URL: server.app('source') });
    expect(ran).toMatchObject({
      code: 4,
      out: expect.stringMatching(
        /golive_app cannot read all.*MIGRATE_DATABASE_URL.*pgboss\.job, public\.word/,
      ) as string,
    });
    expect((await readdir(dir)).filter((name) => name.includes('app.dump'))).toEqual([]);
  },
);
