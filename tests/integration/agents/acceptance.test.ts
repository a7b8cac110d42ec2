import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from '../../support/postgres/postgres.ts';
import { unwrap, processAll, send, testAgent, testEvent, type TestAgent } from '../../support/agents.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let agent: TestAgent;
beforeAll(async () => {
  database = await freshDatabase();
  agent = await testAgent(database.db);
  unwrap(await send(database.db, agent.secret, [testEvent()]));
});
afterAll(() => database[Symbol.asyncDispose]());

const batches = async () => (await database.db.agentBatch.findMany()).map(({ id }) => id).sort();
const jobs = async () =>
  (
    await database.db.$queryRaw<{ id: string }[]>`
      SELECT data->>'batchId' AS id FROM pgboss.job WHERE name = 'agent-ingest' ORDER BY 1`
  ).map(({ id }) => id);

const REFUSES = `RAISE 'injected'`;
const DIES = 'PERFORM pg_terminate_backend(pg_backend_pid())';

/** Makes every insert into a table fail, at once or when its transaction commits, for as long as the work takes. */
async function failing(table: string, how: string, deferred: boolean, work: () => Promise<void>): Promise<void> {
  await execute(
    database.superuserUrl,
    `CREATE FUNCTION injected() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${how}; RETURN NULL; END $$`,
    deferred
      ? `CREATE CONSTRAINT TRIGGER injected AFTER INSERT ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION injected()`
      : `CREATE TRIGGER injected AFTER INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION injected()`,
  );
  try {
    await work();
  } finally {
    await execute(database.superuserUrl, `DROP FUNCTION injected() CASCADE`);
  }
}

for (const [what, table, deferred] of [
  ['the batch cannot be written', '"AgentBatch"', false],
  ['the job cannot be written', 'pgboss.job', false],
  ['the commit fails', '"AgentBatch"', true],
] as const)
  for (const [how, statement] of [
    ['by an error', REFUSES],
    ['because the connection dies', DIES],
  ] as const)
    test(`when ${what} ${how}, there is neither batch nor job and no 202`, async () => {
      const before = await batches();
      await failing(table, statement, deferred, async () => {
        const outcome = await send(database.db, agent.secret, [testEvent()]).catch((error: unknown) => ({
          ok: false,
          error,
        }));
        expect(outcome.ok).toBe(false);
        if (how !== 'by an error') expect(outcome).toMatchObject({ code: 'unavailable', extra: { retryAfter: 5 } });
      });
      expect([await batches(), await jobs()]).toEqual([before, before]);
    });

test('what was sent again after such a failure is stored once', async () => {
  const event = testEvent();
  await failing('pgboss.job', DIES, false, async () => {
    expect((await send(database.db, agent.secret, [event])).ok).toBe(false);
  });
  unwrap(await send(database.db, agent.secret, [event]));
  expect(await jobs()).toEqual(await batches());
  await processAll(database.db);
  expect(await database.db.auditEvent.count({ where: { idempotencyKey: event.id } })).toBe(1);
});

test('when the audit log cannot be written, a batch leaves nothing behind: no ids, no events, and it still waits', async () => {
  const event = testEvent();
  unwrap(await send(database.db, agent.secret, [event]));
  await failing('"AuditEvent"', REFUSES, true, async () => {
    await expect(processAll(database.db)).rejects.toThrow();
  });
  const seen = { where: { eventId: event.id } };
  expect(await database.db.agentEventKey.count(seen)).toBe(0);
  expect(await database.db.agentBatch.count({ where: { state: 'queued' } })).toBe(1);
  await processAll(database.db);
  expect(await database.db.agentEventKey.count(seen)).toBe(1);
});
