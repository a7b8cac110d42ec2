import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { restoreArchive } from '#lib/audit/retention/archive-restore.ts';
import { writeArchive } from '#lib/audit/retention/archive.ts';
import { exportToFile } from '#lib/audit/export/export-file.ts';
import { exportStream } from '#lib/audit/export/export-stream.ts';
import type { Manifest } from '#lib/audit/export/manifest.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { stdoutSink } from '#lib/audit/stream/deliver.ts';
import { stream } from '#lib/audit/stream/stream.ts';
import { verifyExport } from '#lib/audit/export/verify-export.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { unwrap, processAll, send, testAgent, testEvent } from '../../support/agents.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { keys, SECRET, testEnvironment } from '../../support/audit-proof.ts';

const key = signingKey({ NEXTAUTH_SECRET: SECRET });
const act = { actor: { type: 'system', id: 'test', label: 'test' }, origin: { source: 'cli' } } as const;
/** Everything that some reader takes for the end of a line, and that may stand in free text. */
const TEXT = 'one\u2028two\u2029three\u0085four\rfive\r\nsix\vseven\feight\u001cnine';
/** A label takes what is no control character. */
const LABEL = 'one\u2028two\u2029three';

let database: TestDatabase;
let dir: string;
beforeAll(testEnvironment);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'golive-lines-'));
  database = await freshDatabase();
  const agent = await testAgent(database.db);
  const data = {
    ...testEvent().data,
    actor: { id: 'r', label: LABEL },
    metadata: { text: TEXT, [LABEL.slice(0, 3)]: 1 },
  };
  unwrap(await send(database.db, agent.secret, [testEvent({ data }), testEvent({ data })]));
  await processAll(database.db);
  await seal(database.db);
});
afterEach(async () => {
  await rm(dir, { recursive: true });
  await database[Symbol.asyncDispose]();
});

const ofAgents = { filters: { source: 'agent' } } as const;
/** What only somebody with the whole server can do. */
const behindTheLog = (sql: string) => execute(database.superuserUrl, `SET session_replication_role = replica; ${sql}`);
const events = () => database.db.auditEvent.findMany({ where: { source: 'agent' }, orderBy: { id: 'asc' } });

test.each(['ndjson', 'csv', 'ocsf'] as const)(
  'an export and a download as %s of texts with foreign line ends verify',
  async (format) => {
    const file = join(dir, `all.${format}`);
    await exportToFile(database.db, act, { file, format, ...ofAgents, key });
    expect(await verifyExport(file, keys())).toMatchObject({ ok: true, events: 2 });
    const download = join(dir, `download.${format}`);
    await writeFile(
      download,
      await new Response(
        await exportStream(database.db, act, { name: 'x', format, ...ofAgents, manifest: 'trailer', bom: false }, key),
      ).text(),
    );
    expect(await verifyExport(download, keys())).toMatchObject({ ok: true, events: 2 });
  },
);

test('an archive of such texts verifies and is restored exactly', async () => {
  const before = await events();
  const { file } = await writeArchive(database.db, key, dir, 'month', ofAgents);
  await behindTheLog(`DELETE FROM "AuditEvent" WHERE source = 'agent'`);
  expect(await events()).toEqual([]);
  const manifest = JSON.parse(await readFile(`${file}.manifest.json`, 'utf8')) as Manifest;
  expect(unwrap(await restoreArchive(database.db, keys(), file, manifest))).toEqual({ restored: 2 });
  expect(await events()).toEqual(before);
});

test('the stream writes one line for each event, whatever its texts hold', async () => {
  let written = '';
  const sink = stdoutSink((text) => Promise.resolve(void (written += text)));
  const sent = await stream(database.db, sink);
  // eslint-disable-next-line no-control-regex -- where other readers would cut
  const lines = written.split(/[\n\v\f\r\u001c-\u001e\u0085\u2028\u2029]/).filter(Boolean);
  expect(lines).toHaveLength(sent);
  const metadata = lines.map((line) => (JSON.parse(line) as { metadata: { data?: unknown } }).metadata);
  expect(metadata).toContainEqual(expect.objectContaining({ data: { text: TEXT, one: 1 } }));
});

test('a line that two readers would read differently does not verify, though it says the same to one of them', async () => {
  const file = join(dir, 'all.ndjson');
  await exportToFile(database.db, act, { file, format: 'ndjson', ...ofAgents, key });
  const text = await readFile(file, 'utf8');
  for (const [forged, detail] of [
    [
      text.replace('"outcome":"success"', '"outcome":"denied","outcome":"success"'),
      'line 1: /outcome is a duplicate member name',
    ],
    [text.replace('"one":1', '"one":1.00000000000000000001'), 'line 1: /metadata/data/one is a number'],
    [Buffer.from(text.replace('"one":1', '"one":"\xff"'), 'latin1'), 'is not UTF-8'],
    [`\ufeff${text}`, 'line 1: it begins with a byte order mark'],
  ] as const) {
    await writeFile(file, forged);
    expect(await verifyExport(file, keys())).toMatchObject({
      ok: false,
      finding: { detail: expect.stringContaining(detail) as string },
    });
  }
});

test('a file that fails its own check never has its final name, and what had that name is still there', async () => {
  const file = join(dir, 'all.ndjson');
  await exportToFile(database.db, act, { file, format: 'ndjson', ...ofAgents, key });
  const [before, manifest] = [await readFile(file), await readFile(`${file}.manifest.json`)];
  // What the log holds is not what was sealed.
  await behindTheLog(`UPDATE "AuditEvent" SET outcome = 'denied' WHERE source = 'agent'`);
  await expect(exportToFile(database.db, act, { file, format: 'ndjson', ...ofAgents, key })).rejects.toThrow(
    'does not verify',
  );
  await expect(writeArchive(database.db, key, dir, 'month', ofAgents)).rejects.toThrow('does not verify');
  expect(await readFile(file)).toEqual(before);
  expect(await readFile(`${file}.manifest.json`)).toEqual(manifest);
  expect((await readdir(dir)).filter((name) => !name.includes('.partial')).sort()).toEqual([
    'all.ndjson',
    'all.ndjson.manifest.json',
  ]);
});

test('an archive that was packed anew under another name is read by what it is', async () => {
  const { file } = await writeArchive(database.db, key, dir, 'month', ofAgents);
  const plain = gunzipSync(await readFile(file));
  const manifest = await readFile(`${file}.manifest.json`);
  const renamed = join(dir, 'renamed.bin');
  await writeFile(renamed, await readFile(file));
  await writeFile(`${renamed}.manifest.json`, manifest);
  expect((await verifyExport(renamed, keys())).ok).toBe(true);
  await writeFile(renamed, gzipSync(plain, { level: 1 }));
  expect(await verifyExport(renamed, keys())).toMatchObject({
    ok: false,
    finding: { detail: 'the file is not the one that was signed' },
  });
});
