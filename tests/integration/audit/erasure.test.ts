import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportToFile } from '#lib/audit/export/export-file.ts';
import { verifyExport } from '#lib/audit/export/verify-export.ts';
import { openLeaf } from '#lib/audit/proof/disclosure.ts';
import { proveEvent, type EventProof } from '#lib/audit/proof/prove.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { checkProof } from '#lib/audit/proof/tlog-proof.ts';
import { placeHold, releaseHold } from '#lib/audit/retention/holds.ts';
import type { StreamedEvent } from '#lib/audit/stream/deliver.ts';
import { stream } from '#lib/audit/stream/stream.ts';
import { openDb } from '#lib/db.ts';
import { ADMIN_CONTEXT, processAll, unwrap } from '../../support/agents.ts';
import { keys, SECRET, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';
import { command } from '../../support/command.ts';
import { BOSS, boss, JANE, janeIn, writeJanesHistory } from '../../support/erasure.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { execute } from '../../support/postgres/postgres.ts';

let database: TestDatabase;
let dir: string;
let before: EventProof[];
let agentName: string;

beforeAll(async () => {
  testEnvironment();
  database = await freshDatabase();
  dir = await mkdtemp(join(tmpdir(), 'golive-erasure-'));
  const { db } = database;
  agentName = await writeJanesHistory(db);
  await seal(db, { checkpoint: 'always' });
  before = await proveAll();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const events = () => database.db.auditEvent.findMany({ orderBy: { id: 'asc' } });

async function proveAll(): Promise<EventProof[]> {
  const found = await events();
  return Promise.all(found.map(async ({ id }) => unwrap(await proveEvent(database.db, keys(), id))));
}

const erase = (...args: string[]) =>
  command('node', ['scripts/audit/erase.ts', ...args], {
    env: { DATABASE_URL: database.appUrl, MIGRATE_DATABASE_URL: database.ownerUrl, NEXTAUTH_SECRET: SECRET },
  });
const ASK = ['--person', JANE.id, '--admin', BOSS.email, '--reason', 'asked under article 17'];

test.each([
  ['no person', ['--admin', BOSS.email, '--reason', 'x'], 2, /--person/],
  ['no admin', ['--person', JANE.id, '--reason', 'x'], 2, /--admin/],
  ['no reason', ['--person', JANE.id, '--admin', BOSS.email], 2, /--reason/],
  ['an admin who is none', ['--person', BOSS.id, '--admin', JANE.email, '--reason', 'x'], 3, /not an active admin/],
  [
    'a person whom nobody knows',
    ['--person', 'nobody', '--admin', BOSS.email, '--reason', 'x'],
    3,
    /nobody has the id/,
  ],
  ['the last admin', ['--person', BOSS.id, '--admin', BOSS.email, '--reason', 'x'], 3, /last active admin/],
  ['a reason that names the person', [...ASK.slice(0, -1), `${JANE.email} asked`], 3, /names the person/],
])('audit:erase refuses %s, and says what to do', async (_, args, code, message) => {
  const kept = await events();
  expect(await erase(...args, '--confirm')).toMatchObject({ code, stderr: expect.stringMatching(message) as string });
  expect(await events()).toEqual(kept);
});

test('nothing under a legal hold is erased', async () => {
  const owner = openDb(database.ownerUrl, { max: 1 });
  const hold = await placeHold(owner, ADMIN_CONTEXT, { targetId: JANE.id }, 'a case');
  const kept = await events();
  expect(await erase(...ASK, '--confirm')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('under a legal hold') as string,
  });
  expect(await events()).toEqual(kept);
  unwrap(await releaseHold(owner, ADMIN_CONTEXT, hold, `closed by ${JANE.email}`));
  await owner.$disconnect();
});

test('the app role cannot erase, and the owner can change nothing but by erasure', async () => {
  const one = `"createdAt", ARRAY['ip'], gen_random_uuid()) FROM "AuditEvent"`;
  await expect(execute(database.appUrl, `SELECT audit_erase("id", ${one}`)).rejects.toThrow(/permission denied/);
  const as = (...statements: string[]) => execute(database.ownerUrl, `SET golive.audit_erasure = 'on'`, ...statements);
  for (const change of [
    `"outcome" = 'denied'`,
    `"ip" = NULL`,
    `"ip" = '192.0.2.1'`,
    `"salts" = NULL`,
    `"ip" = NULL, "salts" = "salts" || jsonb_build_object('ip', repeat('0', 64))`,
    `"ip" = NULL, "salts" = "salts" - 'ip'`,
    `"salts" = jsonb_set("salts", '{ip}', to_jsonb(encode(sha256(decode("salts" ->> 'ip', 'hex') || convert_to("ip", 'UTF8')), 'hex')))`,
    `"metadata" = '{}'`,
  ])
    await expect(as(`UPDATE "AuditEvent" SET ${change} WHERE "ip" IS NOT NULL`), change).rejects.toThrow(/append-only/);
  await expect(execute(database.ownerUrl, `UPDATE "AuditEvent" SET "salts" = "salts"`)).rejects.toThrow(/append-only/);
});

test('salts that do not fit the event are refused as it is written', async () => {
  const row = `gen_random_uuid(), now(), 'x.y', 'success', 'user', 'cli', '192.0.2.1'`;
  for (const salts of ['{"ip": "00"}', `{"ip": "${'0'.repeat(64)}"}`, `{"action": "${'0'.repeat(32)}"}`, '5', 'null'])
    await expect(
      execute(
        database.appUrl,
        `INSERT INTO "AuditEvent" ("id", "createdAt", "action", "outcome", "actorType", "source", "ip", "salts") VALUES (${row}, '${salts}')`,
      ),
      salts,
    ).rejects.toThrow();
});

test('without --confirm the command says what would go, and changes nothing', async () => {
  const kept = await events();
  const said = await erase(...ASK, '--json');
  expect(said, said.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(said.stdout)).toMatchObject({ dryRun: true, events: 6, kept: 0, batches: 1, account: true });
  expect((await erase(...ASK)).stdout).toContain('dry run: nothing was changed');
  expect(await events()).toEqual(kept);
});

test('an erased person is found nowhere, and every proof still holds', async () => {
  const done = await erase(...ASK, '--confirm');
  expect(done, done.stderr).toMatchObject({ code: 0 });
  expect(janeIn(done.stdout + done.stderr)).toEqual([]);
  await processAll(database.db);
  await seal(database.db, { checkpoint: 'always' });

  expect(janeIn(JSON.stringify(await events()))).toEqual([]);
  expect(await events()).toContainEqual(
    expect.objectContaining({ action: 'audit.person_erased', actorId: BOSS.id, targetId: JANE.id }),
  );
  // What is about others stays.
  const reads = await database.db.auditEvent.findMany({ where: { action: 'audit.read' }, orderBy: { id: 'asc' } });
  expect(reads.map(({ actorLabel, ip }) => [actorLabel, ip])).toEqual([
    [BOSS.email, BOSS.ip],
    [BOSS.email, BOSS.ip],
  ]);
  expect(reads.map(({ metadata }) => metadata)).toEqual([
    { rows: 3, deeper: false },
    { rows: 3, deeper: false, filters: {} },
  ]);

  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
  for (const { text, openings } of before) {
    const proven = checkProof(text, keys());
    if (typeof proven === 'string') throw new Error(proven);
    expect(openLeaf(proven.text, openings)).toEqual(expect.any(Array));
  }
  // The same leaves as before are proven, with less to open.
  const after = await proveAll();
  for (const { text } of before) expect(after.map((proof) => proof.text)).toContain(text);
  expect(janeIn(JSON.stringify(after.map(({ openings }) => openings)))).toEqual([]);
});

test.each(['ndjson', 'csv', 'ocsf'] as const)(
  'an export made afterwards does not hold the person: %s',
  async (format) => {
    const file = join(dir, `events.${format}`);
    await exportToFile(database.db, boss, { file, format, filters: {}, key: signingKey({ NEXTAUTH_SECRET: SECRET }) });
    const text = await readFile(file, 'utf8');
    expect(janeIn(text)).toEqual([]);
    expect(text).toContain(BOSS.email);
    // Of the event of an erased actor, beside the account's own words for one that is gone.
    expect(text).toMatch(format === 'ndjson' ? /"erased":\["actorLabel","ip","userAgent"/ : /[",:]erased[",]/);
    expect(await verifyExport(file, keys())).toMatchObject({ ok: true });
  },
);

test('a stream that is behind does not deliver the person', async () => {
  const delivered: StreamedEvent[] = [];
  const deliver = (some: StreamedEvent[]) => {
    delivered.push(...some);
    return Promise.resolve({ outcome: 'delivered', receipt: null } as const);
  };
  await stream(database.db, { name: 'late', deliver });
  expect(delivered.length).toBeGreaterThan(5);
  expect(
    janeIn(JSON.stringify(delivered, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))),
  ).toEqual([]);
});

test('the tables do not hold the person, as a dump would write them', async () => {
  const owner = openDb(database.ownerUrl, { max: 1 });
  const tables = await owner.$queryRaw<{ name: string }[]>`
    SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('public', 'pgboss')`;
  let text = '';
  for (const { name } of tables) {
    const rows = await owner.$queryRawUnsafe<{ row: string }[]>(`SELECT t::text AS row FROM ${name} t`);
    text += rows.map(({ row }) => row.replaceAll('""', '"')).join('\n');
  }
  await owner.$disconnect();
  expect(text).toContain(BOSS.email);
  expect(janeIn(text)).toEqual([]);
});

test('whom an agent has named is erased by the id that the agent gave', async () => {
  await execute(
    database.appUrl,
    `INSERT INTO "AuditEvent" ("id", "createdAt", "action", "outcome", "actorType", "actorId", "actorLabel", "source", "ip")
     VALUES (gen_random_uuid(), now(), 'agent.paid', 'success', 'agent', '${agentName}:olga@example.org', 'Olga Kim', 'agent', '192.0.2.7')`,
  );
  const ask = ['--person', `${agentName}:olga@example.org`, '--admin', BOSS.email, '--reason', 'asked', '--confirm'];
  expect(await erase(...ask)).toMatchObject({ code: 0 });
  expect(JSON.stringify(await events())).not.toMatch(/olga/i);
  expect(await database.db.auditEvent.count({ where: { action: 'agent.paid', ip: '192.0.2.7' } })).toBe(1);
  await seal(database.db, { checkpoint: 'always' });
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
});
