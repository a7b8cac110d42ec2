import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { seal } from '#lib/audit/proof/seal.ts';
import { stdoutSink, webhookSignature, webhookSink, type Sink } from '#lib/audit/stream/deliver.ts';
import { backOff, stream } from '#lib/audit/stream/stream.ts';
import { openDb } from '#lib/db.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { testEnvironment } from '../../support/audit-proof.ts';

const SECRET = 'webhook-secret-webhook-secret-webhook';

let database: TestDatabase;
let server: Server;
let received: { id: string; source: string; sequence: number }[];
let answer: (events: typeof received) => number;
let signed: boolean[];

beforeAll(testEnvironment);
beforeEach(async () => {
  database = await freshDatabase();
  [received, signed, answer] = [[], [], () => 200];
  server = createServer((request, response) => {
    void receive(request).then((status) => response.writeHead(status, { 'X-Receipt': `r${received.length}` }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await database[Symbol.asyncDispose]();
});

async function receive(request: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const time = String(request.headers['x-audit-timestamp']);
  signed.push(request.headers['x-audit-signature'] === `sha256=${webhookSignature(SECRET, time, body)}`);
  const events = body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as (typeof received)[number]);
  const status = answer(events);
  if (status === 200) received.push(...events);
  return status;
}

const sink = () => webhookSink(`http://127.0.0.1:${(server.address() as { port: number }).port}/hook`, SECRET);
const write = async (rows: number) => {
  await writeEvents(database.ownerUrl, rows, { createdAt: 'clock_timestamp()' });
  await seal(database.db);
};
/** As if the pause after a failure were over. */
const noPause = () => database.db.auditStream.updateMany({ data: { retryAt: null } });

test('every event arrives once, signed, and in order within its source', async () => {
  await write(450);
  expect(await stream(database.db, sink())).toBe(450);
  await write(30);
  expect(await stream(database.db, sink())).toBe(30);
  expect(new Set(received.map(({ id }) => id)).size).toBe(480);
  expect(signed.every(Boolean)).toBe(true);
  for (const source of ['web', 'api', 'worker']) {
    const order = received.filter((event) => event.source === source).map(({ sequence }) => sequence);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
  expect((await database.db.auditStream.findMany()).some(({ receipt }) => receipt?.startsWith('r'))).toBe(true);
});

test('what a receiver could not take is kept and comes again, after a pause', async () => {
  await write(30);
  answer = () => 503;
  expect(await stream(database.db, sink())).toBe(0);
  answer = () => 200;
  expect(await stream(database.db, sink())).toBe(0);
  await noPause();
  await stream(database.db, sink());
  await stream(database.db, sink());
  expect(new Set(received.map(({ id }) => id)).size).toBe(30);
});

test('a permanently rejected event becomes a dead letter and does not block others', async () => {
  await write(30);
  const poison = await database.db.auditEvent.findFirstOrThrow({
    where: { source: 'web' },
    orderBy: { requestId: 'asc' },
  });
  answer = (events) => (events.some(({ id }) => id === poison.id) ? 422 : 200);
  for (let round = 0; round < 40; round++) await stream(database.db, sink());
  // As the owner: the worker may add a dead letter and read none.
  const owner = openDb(database.ownerUrl, { max: 1 });
  const letters = await owner.auditDeadLetter.findMany().finally(() => owner.$disconnect());
  expect(letters).toMatchObject([{ eventId: poison.id, error: 'HTTP 422' }]);
  expect(new Set(received.map(({ id }) => id)).size).toBe(29);
});

test('concurrent streams deliver no event twice, and a failing source does not block another', async () => {
  await write(300);
  await Promise.all([stream(database.db, sink()), stream(database.db, sink()), stream(database.db, sink())]);
  await stream(database.db, sink());
  expect(received).toHaveLength(300);
  await write(30);
  answer = (events) => (events[0]?.source === 'web' ? 500 : 200);
  await stream(database.db, sink());
  expect(received).toHaveLength(320);
});

test('no transaction is open while a receiver takes its time', async () => {
  await write(10);
  let open: number | undefined;
  const slow: Sink = {
    name: 'slow',
    deliver: async () => {
      const [row] = await database.db.$queryRaw<{ open: number }[]>`
        SELECT count(*)::int AS open FROM pg_stat_activity
        WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()`;
      open ??= row?.open;
      return { outcome: 'delivered', receipt: null };
    },
  };
  expect(await stream(database.db, slow)).toBe(10);
  expect(open).toBe(0);
});

test('what a process took before it died is delivered by another once the lease has run out, and not before', async () => {
  await write(30);
  const dying: Sink = { ...sink(), deliver: () => Promise.reject(new Error('killed')) };
  await expect(stream(database.db, dying)).rejects.toThrow('killed');
  await stream(database.db, sink());
  expect(received.map(({ source }) => source)).not.toContain('web');
  await database.db
    .$executeRaw`UPDATE "AuditStream" SET "leaseUntil" = now() - interval '1 second' WHERE "leaseId" IS NOT NULL`;
  await stream(database.db, sink());
  expect(new Set(received.map(({ id }) => id)).size).toBe(30);
});

test('an answer that comes after the lease was taken by another moves nothing', async () => {
  await write(3);
  const late: Sink = {
    ...sink(),
    deliver: async () => {
      await database.db.$executeRaw`UPDATE "AuditStream" SET "leaseId" = gen_random_uuid() WHERE "leaseId" IS NOT NULL`;
      return { outcome: 'delivered', receipt: null };
    },
  };
  expect(await stream(database.db, late)).toBe(0);
  expect(await database.db.auditStream.findMany({ where: { sequence: { gt: 0 } } })).toEqual([]);
});

test('JSON lines carry the same events', async () => {
  await write(12);
  let text = '';
  const lines = stdoutSink((more) => {
    text += more;
    return Promise.resolve();
  });
  expect(await stream(database.db, lines)).toBe(12);
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { sequence: number }).sequence)
      .toSorted((a, b) => a - b),
  ).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
});

test('pauses double, spread and end at ten minutes', () => {
  expect([1, 2, 3, 4].map((failures) => backOff(failures, 0))).toEqual([1000, 2000, 4000, 8000]);
  expect(backOff(1, 1)).toBe(1250);
  expect(backOff(500, 0)).toBe(600_000);
});
