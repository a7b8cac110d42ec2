import fc from 'fast-check';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOG_ORIGIN } from '#lib/audit/proof/checkpoint.ts';
import { noteKeyText } from '#lib/audit/proof/note.ts';
import { proveEvent, type EventProof } from '#lib/audit/proof/prove.ts';
import { checkProof } from '#lib/audit/proof/tlog-proof.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { publicKeyText, signingKey } from '#lib/audit/proof/signing.ts';
import { writeEvents } from '../../support/audit.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { everyLanguage, goPrograms, pythonPrograms, type ForeignPrograms } from '../../support/other-languages.ts';
import { asOwner, keys, SECRET, testEnvironment } from '../../support/audit-proof.ts';

const KEY = signingKey({ NEXTAUTH_SECRET: SECRET });
const NOTE_KEY = noteKeyText({ name: LOG_ORIGIN, publicKey: KEY.publicKey });
const ODD = `{"größe": "\\u2028 😀", "n": 1e21, "small": 1e-7, "big": 123456789012345678901234567890, "list": [null, true, {"a": ""}]}`;

let database: TestDatabase;
let dir: string;
let ids: string[];

beforeAll(async () => {
  testEnvironment();
  database = await freshDatabase();
  // Three checkpoints, one of them in the middle of a tile, and more than one full tile.
  for (const rows of [5, 300, 295]) {
    await writeEvents(database.ownerUrl, rows, { createdAt: 'clock_timestamp()', metadata: `'${ODD}'` });
    await seal(database.db, { checkpoint: 'always' });
  }
  const links = await database.db.auditChain.findMany({ orderBy: { sequence: 'asc' } });
  ids = links.map(({ eventId }) => eventId);
  dir = await mkdtemp(join(tmpdir(), 'golive-proof-'));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const idAt = (sequence: number): string => ids[sequence - 1] ?? '';

async function provenAt(sequence: number): Promise<EventProof> {
  const proven = await proveEvent(database.db, keys(), idAt(sequence));
  if (!proven.ok) throw new Error(proven.detail);
  return proven.value;
}

const proofOf = async (sequence: number): Promise<string> => (await provenAt(sequence)).text;

const PLACES = [1, 2, 5, 6, 256, 257, 305, 306, 512, 513, 600];

test('every event is proven by the first checkpoint that covers it', async () => {
  for (const sequence of PLACES) {
    const proven = checkProof(await proofOf(sequence), keys());
    expect(proven).toMatchObject({ sequence, checkpoint: { size: sequence <= 5 ? 5 : sequence <= 305 ? 305 : 600 } });
    expect(proven).toHaveProperty('text', expect.stringContaining(`[3, "${idAt(sequence)}", `));
  }
});

const SORTS: [string, (promise: string) => ForeignPrograms | null][] = [['Python', pythonPrograms]];
if (everyLanguage) SORTS.push(['Go', goPrograms]);

test.each(SORTS)(
  'other implementations find our proofs right, and wrong where they were changed: %s',
  async (name, programs) => {
    const program = programs(`proofs of events, read by a program in ${name}`);
    if (program === null) return;
    const proven = await Promise.all(PLACES.map(provenAt));
    const proofs = proven.map(({ text }) => text);
    const openings = proven.map((proof) => proof.openings);
    const changed = (proofs[3] ?? '').replace(/^index 5$/m, 'index 6');
    const [file, args] = program('prove');
    const input = JSON.stringify({ key: NOTE_KEY, proofs: [...proofs, changed], openings: [...openings, {}] });
    const { code, stdout, stderr } = await command(file, args, { input });
    expect(code, stderr).toBe(0);
    const faults = JSON.parse(stdout) as (string | null)[];
    expect(faults.slice(0, -1)).toEqual(proofs.map(() => null));
    expect(faults.at(-1)).toEqual(expect.any(String));
  },
);

test('audit:prove writes a file that audit:verify checks without a database, with the key in any form', async () => {
  const env = { DATABASE_URL: database.appUrl, NEXTAUTH_SECRET: SECRET };
  const file = join(dir, 'one.tlog-proof');
  const made = await command('node', ['scripts/audit/prove.ts', idAt(300), '--out', file, '--json'], { env });
  expect(made, made.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(made.stdout)).toEqual({ file, values: `${file}.values.json`, sequence: 300, key: NOTE_KEY });
  const check = (key: string, name = file) =>
    command('node', ['scripts/audit/verify.ts', '--proof', name, '--public-key', key], {
      env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
    });
  const event = await database.db.auditEvent.findFirstOrThrow({ where: { id: idAt(300) } });
  for (const key of [publicKeyText(KEY), NOTE_KEY]) {
    const checked = await check(key);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain(
      `proven: event no. 300 of 305 in the log signed by key ${KEY.id}\n[3, "${idAt(300)}"`,
    );
    expect(checked.stdout).toContain(`\nactorLabel: ${event.actorLabel ?? ''}\nip: ${event.ip ?? ''}\n`);
    expect(checked.stdout).toContain('\nmetadata.list: [null, true, {"a": ""}]\n');
  }
  const values = await readFile(`${file}.values.json`, 'utf8');
  await writeFile(`${file}.values.json`, values.replace('person', 'Person'));
  expect(await check(NOTE_KEY)).toMatchObject({ code: 1, stderr: expect.stringContaining('actorLabel') as string });
  await writeFile(`${file}.values.json`, '{"actorLabel": 5}');
  expect(await check(NOTE_KEY)).toMatchObject({ code: 1, stderr: expect.stringContaining('values.json') as string });
  await rm(`${file}.values.json`);
  expect((await check(NOTE_KEY)).stdout).toContain('\nactorLabel: not disclosed, or erased\n');
  const stranger = signingKey({ NEXTAUTH_SECRET: 'somebody else, somebody else, somebody else' });
  expect(await check(publicKeyText(stranger))).toMatchObject({
    code: 1,
    stderr: 'broken: the checkpoint is not signed by the given key\n',
  });
  await writeFile(`${file}.changed`, (await readFile(file, 'utf8')).replace('index 299', 'index 298'));
  expect(await check(NOTE_KEY, `${file}.changed`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not in the tree') as string,
  });
  expect(await check(NOTE_KEY, `${file}.none`)).toMatchObject({ code: 2 });
});

test.each([
  ['no id', [], 2, /name one event/],
  ['an id that is none', ['x'], 2, /name one event/],
  ['an event that is not there', ['019ab000-0000-7000-8000-000000000000'], 1, /no such event/],
])('audit:prove says what to do with %s', async (_, args, code, message) => {
  const env = { DATABASE_URL: database.appUrl, NEXTAUTH_SECRET: SECRET };
  expect(await command('node', ['scripts/audit/prove.ts', ...args], { env })).toMatchObject({
    code,
    stderr: expect.stringMatching(message) as string,
  });
});

test('of 2,000 changed proofs none is believed', async () => {
  const proofs = await Promise.all(PLACES.map(proofOf));
  const trusted = keys();
  const facts = (text: string) => JSON.stringify(checkProof(text, trusted));
  const good = proofs.map(facts);
  const change = fc.oneof(
    fc.record({ how: fc.constant('replace' as const), at: fc.nat(), by: fc.string({ unit: 'binary', maxLength: 3 }) }),
    fc.record({ how: fc.constant('cut' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ how: fc.constant('line' as const), at: fc.nat(), to: fc.nat() }),
    fc.record({ how: fc.constant('double' as const), at: fc.nat() }),
    fc.record({ how: fc.constant('mix' as const), at: fc.nat(), other: fc.nat(proofs.length - 1) }),
  );
  fc.assert(
    fc.property(fc.nat(proofs.length - 1), change, (which, made) => {
      const proof = proofs[which] ?? '';
      const changed = mutate(proof, made, proofs);
      if (changed === proof) return;
      const said = facts(changed);
      // A signature of a witness may be added or lost: what is proven must be what the unchanged one proves, or nothing.
      const believed = typeof JSON.parse(said) !== 'string';
      if (believed) expect(good).toContain(said);
      if (believed) expect(proofs.map(body)).toContain(body(changed));
    }),
    { numRuns: 2000, seed: 14 },
  );
});

/** What of a proof is signed or hashed: all but the lines of signatures. */
const body = (proof: string): string => proof.slice(0, proof.indexOf('\n— '));

interface Change {
  how: 'replace' | 'cut' | 'line' | 'double' | 'mix';
  at: number;
  by?: string;
  length?: number;
  to?: number;
  other?: number;
}

function mutate(proof: string, { how, at, by = '', length = 1, to = 0, other = 0 }: Change, proofs: string[]): string {
  const place = at % proof.length;
  const lines = proof.split('\n');
  const line = at % lines.length;
  if (how === 'replace') return proof.slice(0, place) + by + proof.slice(place + 1);
  if (how === 'cut') return proof.slice(0, place) + proof.slice(place + length);
  if (how === 'double') return [...lines.slice(0, line + 1), ...lines.slice(line)].join('\n');
  if (how === 'line') {
    const [moved = ''] = lines.splice(line, 1);
    lines.splice(to % (lines.length + 1), 0, moved);
    return lines.join('\n');
  }
  const foreign = (proofs[other] ?? '').split('\n');
  return [...lines.slice(0, line), ...foreign.slice(line)].join('\n');
}

test('an event that is not sealed, not signed, or not what was sealed has no proof, and it is said why', async () => {
  await writeEvents(database.ownerUrl, 1, {
    createdAt: 'clock_timestamp()',
    id: `'019ab000-0000-7000-8000-0000000000aa'`,
  });
  const asked = () => proveEvent(database.db, keys(), '019ab000-0000-7000-8000-0000000000aa');
  expect(await asked()).toMatchObject({
    ok: false,
    code: 'conflict',
    detail: expect.stringContaining('not sealed') as string,
  });
  await database.db.$queryRaw`SELECT * FROM audit_seal(10)`;
  expect(await asked()).toMatchObject({
    ok: false,
    code: 'conflict',
    detail: expect.stringContaining('No checkpoint') as string,
  });
  await seal(database.db, { checkpoint: 'always' });
  expect(await asked()).toMatchObject({ ok: true, value: { sequence: 601 } });
  await asOwner(database, `UPDATE "AuditEvent" SET "reason" = 'x' WHERE "id" = '019ab000-0000-7000-8000-0000000000aa'`);
  expect(await asked()).toMatchObject({
    ok: false,
    code: 'conflict',
    detail: expect.stringContaining('cannot be proven') as string,
  });
});
