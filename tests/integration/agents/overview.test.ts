import { expect, test } from 'vitest';
import { keyState, listAgents, readAgent, readIngestOverview } from '#lib/agents/overview.ts';
import { revokeKey } from '#lib/agents/key-admin.ts';
import { checkHealth } from '#lib/health.ts';
import { ADMIN_CONTEXT, unwrap, processAll, send, testAgent, testEvent } from '../../support/agents.ts';
import { freshDatabase } from '../../support/database.ts';

test('the page tells rate, lag, conflicts, keys and their use as they are', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const agent = await testAgent(db);
  const events = Array.from({ length: 10 }, () => testEvent());
  unwrap(await send(db, agent.secret, events));
  await db.$executeRaw`UPDATE "AgentBatch" SET "receivedAt" = now() - interval '7 seconds'`;
  const waiting = await readIngestOverview(db);
  expect(waiting).toMatchObject({ backlog: { batches: 1, events: 10 }, eventsPerMinute: 0, deadLetters: 0 });
  expect(waiting.backlog.lagMs).toBeGreaterThanOrEqual(7_000);
  expect((await checkHealth(db)).agentLagSeconds).toBeGreaterThanOrEqual(7);

  await processAll(db);
  unwrap(await send(db, agent.secret, [{ ...events[0], type: 'org.example.other' }]));
  await processAll(db);
  expect(await readIngestOverview(db)).toMatchObject({
    backlog: { batches: 0, events: 0, lagMs: 0 },
    eventsPerMinute: 2,
    conflicts: 1,
    failures: 0,
  });
  expect(await listAgents(db)).toMatchObject([{ name: agent.name, liveKeys: 1, events: 11, disabled: false }]);
});

test('the page shows which keys work and never a secret or its hash', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const agent = await testAgent(db);
  unwrap(await revokeKey(db, ADMIN_CONTEXT, agent.keyId));
  const shown = await readAgent(db, agent.id);
  expect(shown?.keys.map((key) => keyState(key))).toEqual(['revoked']);
  expect(Object.keys(shown?.keys[0] ?? {})).not.toContain('secretHash');
  expect(await readAgent(db, 'no-uuid')).toBeNull();
});
