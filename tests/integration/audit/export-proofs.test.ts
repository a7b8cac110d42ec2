import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportToFile } from '#lib/audit/export/export-file.ts';
import { exportStream, parseDownload } from '#lib/audit/export/export-stream.ts';
import { proofsFile, type RowProof } from '#lib/audit/export/row-proofs.ts';
import { verifyExport } from '#lib/audit/export/verify-export.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { ownKey, publicKeyText, signingKey } from '#lib/audit/proof/signing.ts';
import { writeEvents } from '../../support/audit.ts';
import { SECRET, testEnvironment } from '../../support/audit-proof.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { unwrap } from '../../support/agents.ts';

const KEY = signingKey({ NEXTAUTH_SECRET: SECRET });
const ACT = { actor: { type: 'system', id: 'test', label: 'test' }, origin: { source: 'cli' } } as const;
/** More than a tile of the tree, and than a page of an export. */
const EVENTS = 600;

let database: TestDatabase;
let dir: string;

beforeAll(async () => {
  testEnvironment();
  dir = await mkdtemp(join(tmpdir(), 'golive-proofs-'));
  database = await freshDatabase();
  await writeEvents(database.ownerUrl, EVENTS, {
    createdAt: `now() - interval '3 days' + n * interval '1 second'`,
    action: `CASE WHEN n % 3 = 0 THEN 'user.created' ELSE 'auth.sign_in' END`,
  });
  await seal(database.db, { checkpoint: 'always' });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const rowsOf = (zipped: Buffer): RowProof[] =>
  gunzipSync(zipped)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RowProof);

test.each(['ndjson', 'csv', 'ocsf'] as const)(
  'an export as %s carries a proof of each event, that needs nothing but the key',
  async (format) => {
    const file = join(dir, `some.${format}`);
    const filters = { action: 'user.created' };
    const manifest = await exportToFile(database.db, ACT, { file, format, filters, key: KEY, proofs: true });
    expect(manifest?.rows).toBe(EVENTS / 3);
    expect(await verifyExport(file, ownKey(KEY))).toMatchObject({
      ok: true,
      proofs: { proven: EVENTS / 3, unproven: 0 },
    });
    const [first] = rowsOf(await readFile(proofsFile(file)));
    const single = join(dir, 'one.tlog-proof');
    await writeFile(single, first?.proof ?? '');
    const checked = await command(
      'node',
      ['scripts/audit/verify.ts', '--proof', single, '--public-key', publicKeyText(KEY)],
      { env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' } },
    );
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining(first?.id ?? '?') as string });
  },
);

test('proofs that were dropped, swapped, changed or cut off are found, as are those of another log', async () => {
  const file = join(dir, 'attacked.ndjson');
  await exportToFile(database.db, ACT, { file, format: 'ndjson', filters: {}, key: KEY, proofs: true });
  const good = await readFile(proofsFile(file));
  const rows = rowsOf(good);
  const pack = (changed: RowProof[]) => gzipSync(changed.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const [a, b, ...rest] = rows.slice(5) as [RowProof, RowProof, ...RowProof[]];
  const start = rows.slice(0, 5);
  const attacks: [string, Buffer, RegExp][] = [
    ['dropped', pack([...start, b, ...rest]), /no line for event/],
    ['swapped', pack([...start, { ...a, proof: b.proof }, { ...b, proof: a.proof }, ...rest]), /is that of another/],
    ['changed', pack([...start, { ...a, proof: (a.proof ?? '').replace(/^index \d+$/m, 'index 1') }, ...rest]), /tree/],
    ['cut off', good.subarray(0, good.length - 40), /unexpected end|no line/i],
    ['of no kind', gzipSync('[]\n'), /no proof of an event/],
    ['not zipped', Buffer.from('{}\n'), /header/],
  ];
  for (const [name, content, why] of attacks) {
    await writeFile(proofsFile(file), content);
    const outcome = await verifyExport(file, ownKey(KEY));
    expect(outcome, name).toMatchObject({ ok: false, finding: { detail: expect.stringMatching(why) as string } });
  }
});

test('events that no checkpoint covers yet are counted, and those that were written after the export do no harm', async () => {
  const file = join(dir, 'young.ndjson');
  await writeEvents(database.ownerUrl, 3, { createdAt: `now() + n * interval '1 millisecond'` });
  const manifest = await exportToFile(database.db, ACT, { file, format: 'ndjson', filters: {}, key: KEY });
  await writeEvents(database.ownerUrl, 2, { createdAt: `'${manifest?.newest ?? ''}'::timestamptz` });
  const again = await exportToFile(database.db, ACT, { file, format: 'ndjson', filters: {}, key: KEY, proofs: true });
  const outcome = await verifyExport(file, ownKey(KEY));
  expect(outcome.ok, outcome.finding?.detail).toBe(true);
  expect((outcome.proofs?.proven ?? 0) + (outcome.proofs?.unproven ?? 0)).toBe(again?.rows);
  expect(outcome.proofs?.unproven).toBeGreaterThanOrEqual(5);
});

test('a download that carries its manifest beside it carries the proofs too', async () => {
  const download = unwrap(parseDownload(new URLSearchParams({ format: 'csv', manifest: 'beside' })));
  const stream = await exportStream(database.db, ACT, download, KEY);
  const zip = join(dir, 'download.zip');
  await writeFile(zip, Buffer.from(await new Response(stream).arrayBuffer()));
  const text = (await readFile(zip)).toString('latin1');
  expect(text).toContain(proofsFile(download.name));
});
