import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { exportToFile } from '#lib/audit/export/export-file.ts';
import { publicKeyText, signingKey } from '#lib/audit/proof/signing.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { asOwner, SECRET, sealedLog, testEnvironment } from '../../support/audit-proof.ts';

let database: TestDatabase;

beforeAll(testEnvironment);
beforeEach(async () => {
  database = await freshDatabase();
  await sealedLog(database);
});
afterEach(() => database[Symbol.asyncDispose]());

const run = (args: string[], url = database.appUrl) =>
  command('node', ['scripts/audit/verify.ts', ...args], { env: { DATABASE_URL: url, NEXTAUTH_SECRET: SECRET } });
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

test('0 for an intact log: everything when asked, and what is new otherwise', async () => {
  const full = await run(['--full', '--json']);
  expect(full).toMatchObject({ code: 0, stderr: '' });
  expect(json(full.stdout)).toEqual({
    ok: true,
    full: true,
    sequence: 40,
    events: 40,
    checkpoints: 2,
    ignored: 0,
    finding: null,
  });
  const next = await run([]);
  expect(next).toMatchObject({ code: 0, stdout: expect.stringContaining('intact: verified up to 40') as string });
});

test('1 for a broken one, with the first bad event and how it is bad', async () => {
  const event = `(SELECT "eventId" FROM "AuditChain" WHERE "sequence" = 20)`;
  const [row] = await database.db.auditChain.findMany({ where: { sequence: 20n } });
  await asOwner(database, `UPDATE "AuditEvent" SET "reason" = 'x' WHERE "id" = ${event}`);
  expect(await run(['--full'])).toMatchObject({
    code: 1,
    stderr: `broken: changed, at 20, event ${row?.eventId}: the event is not what was sealed\n`,
  });
  const told = json((await run(['--full', '--json'])).stdout);
  expect(told).toMatchObject({ ok: false, finding: { kind: 'changed', sequence: 20, eventId: row?.eventId } });
});

test.each([
  ['the database is away', ['--full'], 'postgres://nobody@127.0.0.1:1/none', /ECONNREFUSED/],
  ['an option is unknown', ['--everything'], undefined, /Unknown option/],
  ['the key is none', ['--export', '/nowhere.ndjson', '--public-key', 'x'], undefined, /read asymmetric key/],
  ['an export has no key', ['--export', '/nowhere.ndjson'], undefined, /needs --public-key/],
])('2 when it could not check, because %s', async (_, args, url, message) => {
  expect(await run(args, url)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) as string });
});

test('an export verifies without any database, and not after a change', async () => {
  const key = signingKey({ NEXTAUTH_SECRET: SECRET });
  const dir = await mkdtemp(join(tmpdir(), 'golive-offline-'));
  const file = join(dir, 'all.ndjson');
  const act = { actor: { type: 'system', id: 'test', label: 'test' }, origin: { source: 'cli' } } as const;
  await exportToFile(database.db, act, { file, format: 'ndjson', filters: {}, key });
  const offline = () =>
    command('node', ['scripts/audit/verify.ts', '--export', file, '--public-key', publicKeyText(key)]);
  const { code, stdout } = await offline();
  expect([code, stdout.split('\n')[0]]).toEqual([0, '41 exported events are what was signed']);
  expect(stdout, 'a part must not pass as the whole').toContain('none: every event of the log at that time');
  await writeFile(file, '{}\n', { flag: 'a' });
  expect((await offline()).code).toBe(1);
  await rm(dir, { recursive: true });
});
