import { mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { recordAudit } from '#lib/audit/events/record.ts';
import { openDb } from '#lib/db.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { haveTool } from '../../support/required-tools.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from './release-cluster.ts';

const tools = haveTool('pg_dump', 'backups go back whole, and every failure of theirs is a clear error');
let server: ReleaseCluster;
let dir: string;
const EVENTS = 25;

beforeAll(async () => {
  server = await releaseCluster();
  dir = await scratch('backup');
  await server.create('source');
  const migrated = await run('npm', ['run', 'db:migrate:prod'], migrateEnvironment(server, 'source'));
  expect(migrated.code, migrated.out).toBe(0);
  const db = openDb(server.app('source'));
  for (let i = 0; i < EVENTS; i++)
    await db.$transaction((tx) =>
      recordAudit(tx, {
        action: 'auth.sign_out',
        outcome: 'success',
        actor: { type: 'user', id: `u${i}`, label: 'ann@example.org', role: 'user' },
        origin: { source: 'cli' },
        metadata: {},
      }),
    );
  await db.$disconnect();
  await server.create('small');
  await execute(server.owner('small'), 'CREATE TABLE word AS SELECT 1 AS n');
});

afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const backup = (file: string, environment: Record<string, string> = {}) =>
  run('scripts/backup.sh', [file], { ...migrateEnvironment(server, 'source'), ...environment });

/** A database without the application: what only concerns the file needs no more, and its restore ends at the rows. */
const small = () => migrateEnvironment(server, 'small');

const restore = (file: string, database: string, args: string[] = [], environment: Record<string, string> = {}) =>
  run('scripts/restore.sh', [file, ...args], { ...migrateEnvironment(server, database), ...environment });

async function target(name: string): Promise<string> {
  await server.create(name);
  return name;
}

/** Files a failed backup left behind, hidden ones too. */
const leftovers = async (file: string) => (await readdir(dir)).filter((name) => name.includes(file));

test.runIf(tools)(
  'a backup goes back into an empty database with every row, the grants of its app role and the migrations applied',
  async () => {
    const file = join(dir, 'whole.dump');
    const written = await backup(file);
    expect(written, written.out).toMatchObject({ code: 0 });
    const manifest = JSON.parse(await readFile(`${file}.manifest.json`, 'utf8')) as { counts: Record<string, number> };
    expect(manifest.counts['public."AuditEvent"']).toBe(EVENTS);

    const name = await target('restored');
    const restored = await restore(file, name, [], { NEXTAUTH_SECRET: 'only-for-tests-only-for-tests-only-for-tests' });
    expect(restored, restored.out).toMatchObject({ code: 0, out: expect.stringContaining('intact') as string });
    const db = openDb(server.app(name));
    expect(await db.auditEvent.count()).toBe(EVENTS);
    await expect(db.$executeRawUnsafe('DELETE FROM "AuditEvent"')).rejects.toThrow(/permission denied/);
    await db.$disconnect();
    await expect(execute(server.owner(name), 'DELETE FROM "AuditEvent"')).rejects.toThrow(/append-only/);
  },
);

test.runIf(tools)('a backup never overwrites a file and names itself by the time in UTC', async () => {
  const file = join(dir, 'once.dump');
  await writeFile(file, 'precious');
  expect(await backup(file)).toMatchObject({ code: 2, out: expect.stringContaining('never overwrites') as string });
  expect(await readFile(file, 'utf8')).toBe('precious');
  const root = join(dir, 'named');
  await mkdir(root);
  const script = join(process.cwd(), 'scripts/backup.sh');
  expect((await run(script, [], migrateEnvironment(server, 'source'), { cwd: root })).code).toBe(0);
  expect((await readdir(root)).sort()).toEqual([
    expect.stringMatching(/^backup-\d{8}-\d{6}\.dump$/),
    expect.stringMatching(/^backup-\d{8}-\d{6}\.dump\.manifest\.json$/),
  ]);
});

test.runIf(tools)(
  'an interrupted dump leaves nothing under the final name, ends with an error and leaves no pg_dump behind',
  async () => {
    // A table that is locked holds pg_dump up for as long as the test needs.
    const locker = new pg.Client({ connectionString: server.owner('source') });
    await locker.connect();
    await locker.query('BEGIN; LOCK TABLE "User" IN ACCESS EXCLUSIVE MODE');
    const file = join(dir, 'interrupted.dump');
    let pid = 0;
    const running = run('scripts/backup.sh', [file], migrateEnvironment(server, 'source'), {
      onStart: (started) => (pid = started),
    });
    await waitForDump(1);
    process.kill(pid, 'SIGTERM');
    const ran = await running;
    await locker.end();
    expect(ran).toMatchObject({ code: 4, out: expect.stringContaining('interrupted') as string });
    expect(await leftovers('interrupted')).toEqual([]);
    await waitForDump(0);
  },
);

/** Waits until so many sessions of pg_dump are at work. */
async function waitForDump(wanted: number) {
  const db = openDb(server.owner('source'));
  const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'LOCK TABLE%' AND application_name = 'golive-backup'`;
  const atWork = () => db.$queryRawUnsafe<{ n: number }[]>(sql).then(([row]) => row?.n);
  await expect.poll(atWork).toBe(wanted);
  await db.$disconnect();
}

test.runIf(tools)('a full disk is named as such and leaves nothing behind', async () => {
  const full = join(dir, 'full');
  await mkdir(full);
  // Where nobody may mount, pg_dump's own words stand in for the disk.
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'none', full]);
  const environment =
    mounted.code === 0 ? {} : await shim('pg_dump', 'echo "pg_dump: error: No space left on device" >&2; exit 1');
  try {
    const ran = await backup(join(full, 'a.dump'), environment);
    expect(ran).toMatchObject({ code: 5, out: expect.stringContaining('no room on the disk') as string });
    expect(await readdir(full)).toEqual([]);
  } finally {
    if (mounted.code === 0) await run('umount', [full]);
  }
});

/** Puts a command of one's own before the real one; `--version` still answers as the given client. */
async function shim(name: string, body: string, version = 99): Promise<Record<string, string>> {
  const bin = join(dir, `bin-${name}-${version}`);
  await mkdir(bin, { recursive: true });
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo "${name} (PostgreSQL) ${version}.1" && exit 0\n${body}\n`;
  await writeFile(join(bin, name), script, { mode: 0o755 });
  return { PATH: `${bin}:${process.env.PATH}` };
}

test.runIf(tools)('a client older than the server is refused before it begins', async () => {
  const url = inject('clusterUrl').replace('{database}', 'golive_template');
  const old = await shim('pg_dump', 'echo must not run; exit 1', 14);
  const ran = await run('scripts/backup.sh', [join(dir, 'old.dump')], { DATABASE_URL: url, ...old });
  expect(ran).toMatchObject({
    code: 3,
    out: expect.stringMatching(/server is PostgreSQL \d+ and pg_dump is 14/) as string,
  });
  expect(await leftovers('old.dump')).toEqual([]);
});

test.runIf(tools)('an unreachable database and a missing tool are one clear line each', async () => {
  const nowhere = 'postgres://u:secret-word@127.0.0.1:1/x';
  const away = await run('scripts/backup.sh', [join(dir, 'away.dump')], { DATABASE_URL: nowhere });
  expect(away).toMatchObject({ code: 4, out: expect.stringContaining('no connection to 127.0.0.1:1/x') as string });
  expect(away.out).not.toContain('secret-word');
  const bin = join(dir, 'bare');
  await mkdir(bin);
  for (const tool of ['bash', 'dirname', 'date', 'mktemp', 'basename', 'rm'])
    await symlink((await run('which', [tool])).out.trim(), join(bin, tool));
  expect(await backup(join(dir, 'bare.dump'), { PATH: bin })).toMatchObject({
    code: 3,
    out: expect.stringContaining('is not installed') as string,
  });
});

test.runIf(tools)('a truncated, changed or manifest-less file is refused before the target is touched', async () => {
  const file = join(dir, 'damaged.dump');
  expect((await backup(file)).code).toBe(0);
  const whole = await readFile(file);
  const name = await target('untouched');
  await truncate(file, whole.length - 100);
  expect(await restore(file, name)).toMatchObject({ code: 4, out: expect.stringContaining('truncated') as string });
  const changed = Buffer.from(whole);
  changed.writeUInt8(changed.readUInt8(whole.length - 50) ^ 1, whole.length - 50);
  await writeFile(file, changed);
  expect(await restore(file, name)).toMatchObject({ code: 4, out: expect.stringContaining('checksum') as string });
  await writeFile(file, whole.subarray(0, 40));
  expect(await restore(file, name, ['--without-manifest'])).toMatchObject({ code: 4 });
  await rm(`${file}.manifest.json`);
  expect(await restore(file, name)).toMatchObject({
    code: 4,
    out: expect.stringContaining('--without-manifest') as string,
  });
  const db = openDb(server.owner(name));
  expect(await db.$queryRaw`SELECT FROM pg_tables WHERE schemaname = 'public'`).toEqual([]);
  await db.$disconnect();
});

test.runIf(tools)(
  'a target that holds tables, is the source, or runs in production is refused until its name is typed',
  async () => {
    const file = join(dir, 'guarded.dump');
    expect((await backup(file, small())).code).toBe(0);
    const refused = { code: 5, out: expect.stringContaining('refused') as string };
    expect(await restore(file, 'small')).toMatchObject(refused);
    expect(await restore(file, 'small', ['--confirm', 'wrong'])).toMatchObject(refused);
    const name = await target('guarded');
    expect(await restore(file, name, [], { NODE_ENV: 'production' })).toMatchObject(refused);
    expect((await restore(file, name)).code).toBe(0);
    expect(await restore(file, name)).toMatchObject(refused);
    const again = await restore(file, name, ['--confirm', name]);
    expect(again, again.out).toMatchObject({ code: 0 });
  },
);

test.runIf(tools)('rows that differ from the manifest fail the restore', async () => {
  const file = join(dir, 'counted.dump');
  expect((await backup(file)).code).toBe(0);
  const manifest = `${file}.manifest.json`;
  const text = await readFile(manifest, 'utf8');
  await writeFile(
    manifest,
    text.replace(`"public.\\"AuditEvent\\"" : ${EVENTS}`, `"public.\\"AuditEvent\\"" : ${EVENTS + 1}`),
  );
  expect(await readFile(manifest, 'utf8')).not.toBe(text);
  expect(await restore(file, await target('counted'))).toMatchObject({ code: 8 });
});

test.runIf(tools)('a restored audit log that cannot be verified fails the restore', async () => {
  const file = join(dir, 'unverified.dump');
  expect((await backup(file)).code).toBe(0);
  const ran = await restore(file, await target('unverified'), [], { NEXTAUTH_SECRET: 'too short' });
  expect(ran).toMatchObject({ code: 8, out: expect.stringContaining('could not be checked') as string });
});
