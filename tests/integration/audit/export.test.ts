import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { exportToFile } from '#lib/audit/export/export-file.ts';
import { exportStream, type Download } from '#lib/audit/export/export-stream.ts';
import type { ExportFormat } from '#lib/audit/export/formats.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { verifyExport } from '#lib/audit/export/verify-export.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { keys, SECRET, testEnvironment } from '../../support/audit-proof.ts';

let database: TestDatabase;
let dir: string;

beforeAll(async () => {
  testEnvironment();
  dir = await mkdtemp(join(tmpdir(), 'golive-export-'));
});
afterAll(() => rm(dir, { recursive: true }));
beforeEach(async () => {
  database = await freshDatabase();
  await writeEvents(database.ownerUrl, 3500, { metadata: `jsonb_build_object('n', n)` });
  await seal(database.db);
});
afterEach(() => database[Symbol.asyncDispose]());

const key = signingKey({ NEXTAUTH_SECRET: SECRET });
const act = { actor: { type: 'system', id: 'test', label: 'test' }, origin: { source: 'cli' } } as const;
const DOWNLOAD: Download = { name: 'audit.ndjson', format: 'ndjson', filters: {}, manifest: 'trailer', bom: false };
const exported = (name: string, format: ExportFormat, more: object = {}) =>
  exportToFile(database.db, act, { file: join(dir, name), format, filters: {}, key, ...more });

test('an export holds every event once, proves itself offline, and is an event itself', async () => {
  const manifest = await exported('all.ndjson', 'ndjson');
  // The record of the export is the newest of its events.
  expect(manifest?.rows).toBe(3501);
  expect(await verifyExport(join(dir, 'all.ndjson'), keys())).toMatchObject({ ok: true, events: 3501 });
  const lines = (await readFile(join(dir, 'all.ndjson'), 'utf8')).trim().split('\n');
  expect(new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id)).size).toBe(3501);
  expect(await database.db.auditEvent.count({ where: { action: 'audit.exported' } })).toBe(1);
});

test('whatever an export writes can be read by its owner alone, also while it runs', async () => {
  const stop = new AbortController();
  await exported('private.ndjson', 'ndjson', { signal: stop.signal, onProgress: () => stop.abort() });
  const modes = async () =>
    Promise.all(
      (await readdir(dir)).map(async (name) => `${name} ${((await stat(join(dir, name))).mode & 0o777).toString(8)}`),
    );
  expect(await modes()).toEqual(
    expect.arrayContaining(['private.ndjson.partial 600', 'private.ndjson.partial.progress.json 600']),
  );
  await exported('private.ndjson', 'ndjson');
  expect(await modes()).toEqual(expect.arrayContaining(['private.ndjson 600', 'private.ndjson.manifest.json 600']));
});

test('an export whose events, manifest or signer were changed does not verify', async () => {
  const file = join(dir, 'changed.ndjson');
  await exported('changed.ndjson', 'ndjson');
  const [text, manifest] = [await readFile(file, 'utf8'), await readFile(`${file}.manifest.json`, 'utf8')];
  await writeFile(file, text.replace('"outcome":"denied"', '"outcome":"success"'));
  expect(await verifyExport(file, keys())).toMatchObject({
    ok: false,
    finding: { kind: 'changed', eventId: expect.any(String) as string },
  });
  await writeFile(file, text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1));
  expect(await verifyExport(file, keys())).toMatchObject({
    ok: false,
    finding: { detail: 'it has 3500 events in place of 3501' },
  });
  await writeFile(file, text);
  await writeFile(`${file}.manifest.json`, manifest.replace('"rows": 3501', '"rows": 3500'));
  expect((await verifyExport(file, keys())).ok).toBe(false);
  await writeFile(`${file}.manifest.json`, manifest);
  const { publicKey } = generateKeyPairSync('ed25519');
  expect((await verifyExport(file, new Map([['0000000000000000', publicKey]]))).ok).toBe(false);
  expect((await verifyExport(file, keys())).ok).toBe(true);
});

test('an interrupted export resumes and has the same result', async () => {
  const stop = new AbortController();
  const first = await exported('resumed.ndjson', 'ndjson', { signal: stop.signal, onProgress: () => stop.abort() });
  expect(first).toBeNull();
  await writeFile(join(dir, 'resumed.ndjson.partial'), 'half a li', { flag: 'a' });
  const second = await exported('resumed.ndjson', 'ndjson');
  await exported('whole.ndjson', 'ndjson');
  expect(second?.rows).toBe(3501);
  expect((await verifyExport(join(dir, 'resumed.ndjson'), keys())).ok).toBe(true);
  const ids = async (name: string) =>
    (await readFile(join(dir, name), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
  // The second export has the record of itself above the rest.
  expect(await ids('resumed.ndjson')).toEqual((await ids('whole.ndjson')).slice(-3501));
});

test('an export that stopped behind its last event still signs which events it covers, once it is resumed', async () => {
  const stop = new AbortController();
  const onProgress = (rows: number) => void (rows === 3501 && stop.abort());
  expect(await exported('ended.ndjson', 'ndjson', { signal: stop.signal, onProgress })).toBeNull();
  const resumed = await exported('ended.ndjson', 'ndjson');
  const oldest = await database.db.auditEvent.findFirstOrThrow({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  expect(resumed).toMatchObject({ rows: 3501, oldest: oldest.createdAt.toISOString() });
});

test('CSV cells cannot inject spreadsheet formulas', async () => {
  const evil = ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'];
  await database.db.auditEvent.createMany({
    data: evil.map((actorLabel, n) => ({
      id: `019ab000-0000-7000-8000-00000000000${n}`,
      action: 'evil.label',
      outcome: 'success',
      actorType: 'anonymous',
      source: 'web',
      actorLabel,
    })),
  });
  await exported('evil.csv', 'csv', { filters: { action: 'evil.label' } });
  const csv = await readFile(join(dir, 'evil.csv'), 'utf8');
  for (const label of evil) expect(csv).not.toContain(`,${label}`);
  expect(csv).toContain(`'=HYPERLINK`);
  expect(csv).not.toMatch(/(^|[,\n"])[=+@]/);
});

test('OCSF names class, activity, status and time of every event, and loses nothing', async () => {
  await exported('all.ocsf', 'ocsf', { filters: { action: 'auth.sign_in', outcome: 'denied' } });
  const lines = (await readFile(join(dir, 'all.ocsf'), 'utf8')).trim().split('\n');
  const event = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  expect(event).toMatchObject({ category_uid: 3, class_uid: 3002, activity_id: 1, type_uid: 300201, status_id: 2 });
  expect(event.metadata).toMatchObject({ event_code: 'auth.sign_in', version: '1.3.0' });
  expect(event.unmapped).toMatchObject({ metadata: { n: expect.any(Number) as number } });
});

test.each(['ndjson', 'csv', 'ocsf'] as const)(
  'a download as %s proves itself offline with its last line',
  async (format) => {
    const filters = { action: 'auth.sign_in' };
    const text = await new Response(await exportStream(database.db, act, { ...DOWNLOAD, format, filters }, key)).text();
    const file = join(dir, `download.${format}`);
    await writeFile(file, text);
    expect(await verifyExport(file, keys())).toMatchObject({ ok: true, events: 875, manifest: { scope: filters } });
    await writeFile(file, text.replace('user-8', 'user-9'));
    expect((await verifyExport(file, keys())).ok).toBe(false);
    await writeFile(file, text.replace(/875/, '874'));
    expect((await verifyExport(file, keys())).ok).toBe(false);
    const cut = text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1);
    await writeFile(file, cut);
    await expect(verifyExport(file, keys())).rejects.toThrow(/not the whole export/);
  },
);

test('a download without any event proves itself too', async () => {
  const stream = await exportStream(database.db, act, { ...DOWNLOAD, filters: { action: 'user.created' } }, key);
  await writeFile(join(dir, 'none.ndjson'), await new Response(stream).text());
  expect(await verifyExport(join(dir, 'none.ndjson'), keys())).toMatchObject({ ok: true, events: 0 });
});

test('a stream ends with its manifest, and stops reading when the client disconnects', async () => {
  const stream = await exportStream(database.db, act, DOWNLOAD, key);
  const text = await new Response(stream).text();
  const lines = text.trim().split('\n');
  expect(lines).toHaveLength(3502);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ manifest: { rows: 3501, keyId: key.id } });
  const abandoned = (await exportStream(database.db, act, DOWNLOAD, key)).getReader();
  await abandoned.read();
  await abandoned.cancel();
});
