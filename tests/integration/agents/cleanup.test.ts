import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTableCleanup } from '#lib/agents/processing/cleanup.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { unwrap, processAll, send, testAgent, testEvent, type TestAgent } from '../../support/agents.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let agent: TestAgent;
beforeAll(async () => {
  database = await freshDatabase();
  agent = await testAgent(database.db);
});
afterAll(() => database[Symbol.asyncDispose]());

const MUCH_LATER = new Date(Date.now() + 400 * 86_400_000);

/** Ids of events that have left the log. */
const leaveIds = (count: number) =>
  execute(
    database.ownerUrl,
    `INSERT INTO "AgentEventKey" ("agentId", source, "eventId", "contentHash", "auditEventId", "eventAt")
     SELECT '${agent.id}'::uuid, '/gone', gen_random_uuid()::text, sha256('x'), gen_random_uuid(), now() FROM generate_series(1, ${count})`,
  );
const ids = () => database.db.agentEventKey.count();

test('an id is kept as long as its event is, and goes with it', async () => {
  const event = testEvent();
  unwrap(await send(database.db, agent.secret, [event]));
  await processAll(database.db);
  const keep = createTableCleanup(database.db);
  expect(await keep(), 'nothing is old').toEqual({ ids: 0, batches: 0 });
  expect(await keep(MUCH_LATER), 'the event is still there, the report on its batch is not').toEqual({
    ids: 0,
    batches: 1,
  });
  await execute(
    database.superuserUrl,
    `SET session_replication_role = replica; DELETE FROM "AuditEvent" WHERE "idempotencyKey" = '${event.id}'`,
  );
  expect(await keep(MUCH_LATER)).toEqual({ ids: 1, batches: 0 });
});

test('a run removes more than a minute of 2,000 events a second can leave', async () => {
  await leaveIds(125_000);
  await execute(
    database.superuserUrl,
    `INSERT INTO "AgentBatch" (id, "agentId", "keyId", state, "receivedAt", received, accepted)
     SELECT gen_random_uuid(), '${agent.id}'::uuid, '${agent.keyId}'::uuid, 'done', now(), 1, 1 FROM generate_series(1, 12000)`,
  );
  expect(await createTableCleanup(database.db)(MUCH_LATER)).toEqual({ ids: 125_000, batches: 12_000 });
});

test('runs go on where the one before stopped, and round again', async () => {
  // Not VACUUM FULL: it keeps dead rows while an autovacuum analyze of the same database holds a snapshot.
  await execute(database.ownerUrl, 'TRUNCATE "AgentEventKey"');
  await leaveIds(2_000);
  const keep = createTableCleanup(database.db, 5);
  const first = await keep(MUCH_LATER);
  expect(first.ids).toBeGreaterThan(500);
  expect(await ids(), 'one run does not look at everything').toBeGreaterThan(0);
  await keep(MUCH_LATER);
  expect(await ids()).toBe(0);
  await leaveIds(10);
  for (let run = 0; run < 3; run++) await keep(MUCH_LATER);
  expect(await ids()).toBe(0);
});
