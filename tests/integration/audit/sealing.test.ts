import { createHash } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { leafOf } from '#lib/audit/proof/canonical.ts';
import { parseCheckpoint } from '#lib/audit/proof/checkpoint.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { verificationState } from '#lib/audit/verification/state.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase } from '../../support/database.ts';
import { sealedLog, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';

beforeAll(testEnvironment);

const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((value) => value.replaceAll('\u0000', ''));
const anyJson = fc
  .dictionary(
    text,
    fc.oneof(
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }),
      fc.boolean(),
      fc.constant(null),
      fc.array(text),
      fc.dictionary(text, text),
    ),
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);
const anyEvent = fc.record({
  id: fc.uuid(),
  createdAt: fc.date({ min: new Date('1970-01-02'), max: new Date('2999-01-01'), noInvalidDate: true }),
  action: text,
  outcome: fc.constantFrom('success', 'denied'),
  actorType: text,
  actorId: fc.option(text),
  actorLabel: fc.option(text),
  targetId: fc.option(text),
  targetLabel: fc.option(text),
  ip: fc.option(text),
  userAgent: fc.option(text),
  correlationId: fc.option(text),
  source: fc.oneof(text, fc.constant('agent')),
  reason: fc.option(text),
  metadata: anyJson,
});

test('the database and Node hash any event alike', async () => {
  await using database = await freshDatabase();
  const events = fc.sample(anyEvent, { numRuns: 400, seed: 7 });
  await database.db.auditEvent.createMany({
    data: events.map((event) => ({ ...event, metadata: event.metadata as Record<string, string> })),
  });
  const stored = await database.db.auditEvent.findMany();
  const noted = await database.db.$queryRaw<
    { eventId: string; leaf: Uint8Array }[]
  >`SELECT "eventId", "leaf" FROM "AuditPending"`;
  const leaves = new Map(noted.map(({ eventId, leaf }) => [eventId, Buffer.from(leaf).toString('hex')]));
  expect(leaves.size).toBe(events.length);
  for (const event of stored) expect(leafOf(event).toString('hex'), JSON.stringify(event)).toBe(leaves.get(event.id));
});

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 6962, 2.1, as it is written there. */
function rootOf(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const left = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return sha256(Buffer.from([1]), rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left)));
}

test('the tree holds every event once, in order, and its checkpoints and tiles are those of RFC 6962', async () => {
  await using database = await freshDatabase();
  await sealedLog(database, 30, 3);
  await writeEvents(database.ownerUrl, 700, { createdAt: 'clock_timestamp()' });
  await seal(database.db, { checkpoint: 'always' });
  const rows = await database.db.auditChain.findMany({ orderBy: { sequence: 'asc' } });
  expect(rows.map(({ sequence }) => Number(sequence))).toEqual(Array.from({ length: 730 }, (_, index) => index + 1));
  const leaves = rows.map(({ leaf }) => leaf);
  const checkpoints = await database.db.auditCheckpoint.findMany({ orderBy: { size: 'asc' } });
  expect(checkpoints.map(({ size }) => Number(size))).toEqual([10, 20, 30, 730]);
  for (const { size, note } of checkpoints)
    expect(parseCheckpoint(note)?.root).toEqual(rootOf(leaves.slice(0, Number(size))));
  const tiles = await database.db.auditTile.findMany({ orderBy: { index: 'asc' } });
  expect(tiles.map(({ level, index }) => [level, Number(index)])).toEqual([
    [0, 0],
    [0, 1],
  ]);
  for (const [index, { hashes, root }] of tiles.entries()) {
    const own = leaves.slice(index * 256, (index + 1) * 256);
    expect(Buffer.from(hashes)).toEqual(Buffer.concat(own));
    expect(Buffer.from(root)).toEqual(rootOf(own));
  }
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true, sequence: 730n, events: 730, checkpoints: 4 });
});

test('many sealers and writers at once never fork the log or lose an event', async () => {
  await using database = await freshDatabase();
  const writers = Array.from({ length: 20 }, () =>
    writeEvents(database.appUrl, 25, { createdAt: 'clock_timestamp()' }),
  );
  const sealers = Array.from({ length: 20 }, () => seal(database.db));
  await Promise.all([...writers, ...sealers]);
  await seal(database.db, { checkpoint: 'always' });
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true, sequence: 500n, events: 500 });
});

test('an event whose transaction rolls back leaves no note', async () => {
  await using database = await freshDatabase();
  const undone = database.db.$transaction(async (tx) => {
    await tx.auditEvent.createMany({
      data: {
        id: '019ab000-0000-7000-8000-0000000000ff',
        action: 'a.b',
        outcome: 'success',
        actorType: 'system',
        source: 'cli',
      },
    });
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect(await seal(database.db)).toMatchObject({ busy: false, sealed: 0 });
});

test('an incremental run continues from the last one, and the page shows the verified position', async () => {
  await using database = await freshDatabase();
  await sealedLog(database, 20, 1);
  expect(await verifyAsCommand(database, { record: true })).toMatchObject({ ok: true, sequence: 20n });
  await sealedLog(database, 10, 1);
  await writeEvents(database.ownerUrl, 5, { createdAt: 'now()' });
  expect(await verificationState(database.db)).toMatchObject({
    ok: true,
    verifiedUpTo: 20n,
    pending: 5,
    finding: null,
  });
  expect(await verifyAsCommand(database, { full: false, record: true })).toMatchObject({ ok: true, sequence: 30n });
  expect((await verificationState(database.db)).verifiedUpTo).toBe(30n);
});

test('events that stood in the log before it was sealed are sealed too', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 12);
  expect(await seal(database.db, { checkpoint: 'always' })).toMatchObject({ sealed: 12 });
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true, events: 12 });
});

test('only a sealer can hold the sealer’s lock', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 3, { createdAt: 'now()' });
  const attacker = new pg.Client({ connectionString: database.appUrl });
  await attacker.connect();
  try {
    // The lock of an earlier release, and every number near it.
    await attacker.query('SELECT pg_advisory_lock(n) FROM generate_series(7305000, 7305020) AS n');
    for (const attack of [
      'SELECT FROM "AuditPolicy" FOR UPDATE',
      'SELECT FROM "AuditPolicy" FOR KEY SHARE',
      'UPDATE "AuditPolicy" SET "floorDays" = 0',
      'SELECT FROM "AuditPending" FOR UPDATE',
      ...['AuditPolicy', 'AuditPending', 'AuditChain'].flatMap((table) =>
        ['ROW SHARE', 'ROW EXCLUSIVE', 'SHARE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'].map(
          (mode) => `LOCK TABLE "${table}" IN ${mode} MODE`,
        ),
      ),
    ]) {
      await attacker.query('BEGIN');
      await expect(attacker.query(attack), attack).rejects.toThrow(/permission denied/);
      await attacker.query('ROLLBACK');
    }
    // Reading is all that is left, and keeps nobody from sealing, not even into a new stretch of the chain.
    await attacker.query('BEGIN');
    await attacker.query('SELECT count(*) FROM "AuditPolicy", "AuditPending", "AuditChain"');
    expect(await seal(database.db)).toMatchObject({ busy: false, sealed: 3 });
    await attacker.query('COMMIT');
    // The role of this database serves web and worker: as the sealer it holds the lock while its transaction lasts.
    await attacker.query('BEGIN');
    await attacker.query('SELECT * FROM audit_seal(1)');
    expect(await seal(database.db)).toMatchObject({ busy: true });
    await attacker.query('ROLLBACK');
    expect(await seal(database.db)).toMatchObject({ busy: false });
  } finally {
    await attacker.end();
  }
});
