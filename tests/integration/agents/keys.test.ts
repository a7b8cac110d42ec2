import { afterAll, beforeAll, expect, test } from 'vitest';
import { expireKey, issueKey, revokeKey, rotateKey } from '#lib/agents/key-admin.ts';
import { authenticate } from '#lib/agents/keys.ts';
import { newAgent, registerAgent, setAgentDisabled } from '#lib/agents/registry.ts';
import { ADMIN_CONTEXT, CALLER, unwrap, send, testAgent, testEvent } from '../../support/agents.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => void (database = await freshDatabase()));
afterAll(() => database[Symbol.asyncDispose]());

const works = async (secret: string, now?: Date) =>
  (await authenticate(database.db, `Bearer ${secret}`, CALLER, now)).ok;
const hoursFromNow = (hours: number) => new Date(Date.now() + hours * 3_600_000);

test('the secret is not stored in the database, neither completely nor in part', async () => {
  const { secret, keyId } = await testAgent(database.db);
  const row = await database.db.agentKey.findUniqueOrThrow({ where: { id: keyId } });
  expect(row.secretHash).not.toContain(secret.slice(4));
  expect(row.prefix).toBe(secret.slice(0, 10));
});

test('a revoked key is refused at the very next request', async () => {
  const { secret, keyId } = await testAgent(database.db);
  expect((await send(database.db, secret, [testEvent()])).ok).toBe(true);
  unwrap(await revokeKey(database.db, ADMIN_CONTEXT, keyId));
  expect(await send(database.db, secret, [testEvent()])).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await revokeKey(database.db, ADMIN_CONTEXT, keyId)).toMatchObject({ ok: false, code: 'not_found' });
});

test('a rotated key works beside its successor until the overlap ends', async () => {
  const { secret, keyId } = await testAgent(database.db);
  const next = unwrap(await rotateKey(database.db, ADMIN_CONTEXT, keyId, { overlapHours: 24, days: 30 }));
  expect([await works(secret), await works(next.secret)]).toEqual([true, true]);
  expect([await works(secret, hoursFromNow(25)), await works(next.secret, hoursFromNow(25))]).toEqual([false, true]);
  expect(await works(next.secret, hoursFromNow(31 * 24)), 'the end it was given').toBe(false);
});

test('a key expires, and all keys of a disabled agent rest', async () => {
  const { id, secret, keyId } = await testAgent(database.db);
  unwrap(await expireKey(database.db, ADMIN_CONTEXT, keyId, 1));
  expect([await works(secret), await works(secret, hoursFromNow(25))]).toEqual([true, false]);
  const { secret: other } = unwrap(await issueKey(database.db, ADMIN_CONTEXT, id, 30));
  unwrap(await setAgentDisabled(database.db, ADMIN_CONTEXT, id, true));
  expect(await works(other)).toBe(false);
  unwrap(await setAgentDisabled(database.db, ADMIN_CONTEXT, id, false));
  expect(await works(other)).toBe(true);
});

test('only a complete secret of a valid key is accepted', async () => {
  const { secret } = await testAgent(database.db);
  const row = await database.db.agentKey.findFirstOrThrow({ select: { secretHash: true } });
  for (const header of [
    null,
    '',
    secret,
    `Basic ${secret}`,
    `Bearer ${secret}x`,
    `Bearer ${row.secretHash}`,
    'Bearer glk_',
  ])
    expect((await authenticate(database.db, header, CALLER)).ok, String(header)).toBe(false);
});

test('every act on agents and keys is in the audit log', async () => {
  const { id, name, keyId } = await testAgent(database.db);
  unwrap(await rotateKey(database.db, ADMIN_CONTEXT, keyId, { overlapHours: 1, days: null }));
  unwrap(await revokeKey(database.db, ADMIN_CONTEXT, keyId));
  unwrap(await setAgentDisabled(database.db, ADMIN_CONTEXT, id, true));
  const events = await database.db.auditEvent.findMany({ where: { targetId: id }, orderBy: { createdAt: 'asc' } });
  expect(events.map(({ action }) => action).sort()).toEqual(
    ['disabled', 'key_issued', 'key_revoked', 'key_rotated', 'registered'].map((act) => `agent_admin.${act}`),
  );
  expect(events[0]).toMatchObject({ targetType: 'agent', targetLabel: name, actorId: 'operator' });
});

test('two agents cannot share a name', async () => {
  const { name } = await testAgent(database.db);
  const again = await registerAgent(database.db, ADMIN_CONTEXT, { name, description: '', eventsPerSecond: 1 });
  expect(again).toMatchObject({ ok: false, code: 'name_taken' });
});

test('a description that PostgreSQL cannot store is refused by its field', () => {
  const outcome = newAgent.safeParse({ name: 'deploy-bot', description: 'a\0b' });
  expect(outcome.error?.issues.map(({ path }) => path)).toEqual([['description']]);
});

test('use and volume of a key are counted, and the rate limit says when to come back', async () => {
  const { secret, keyId } = await testAgent(database.db, 10);
  const batch = (size: number) => Array.from({ length: size }, () => testEvent());
  expect((await send(database.db, secret, batch(990))).ok).toBe(true);
  const refused = await send(database.db, secret, batch(60));
  expect(refused).toMatchObject({ ok: false, code: 'rate_limited' });
  const retryAfter = Number(refused.ok ? 0 : refused.extra?.retryAfter);
  // 50 events are missing at 10 a second; on a slow machine some have come back meanwhile.
  expect(retryAfter).toBeGreaterThan(0);
  expect(retryAfter).toBeLessThanOrEqual(5);
  const key = await database.db.agentKey.findUniqueOrThrow({ where: { id: keyId } });
  expect([key.requests, key.events]).toEqual([1n, 990n]);
  expect(key.lastUsedAt).not.toBeNull();
});
