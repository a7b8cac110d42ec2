import { afterEach, beforeEach, expect, test } from 'vitest';
import { expireKey, issueKey, revokeKey } from '#lib/agents/key-admin.ts';
import { authenticate, makeSecret } from '#lib/agents/keys.ts';
import { setAgentDisabled } from '#lib/agents/registry.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { ADMIN_CONTEXT, CALLER, unwrap, testAgent } from '../../support/agents.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeEach(async () => void (database = await freshDatabase()));
afterEach(() => database[Symbol.asyncDispose]());

const MINUTE_MS = 60_000;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS);
const present = (secret: string, now = new Date()) => authenticate(database.db, `Bearer ${secret}`, CALLER, now);
const told = () =>
  database.db.auditEvent.findMany({ where: { action: 'access.key_refused' }, orderBy: { createdAt: 'asc' } });

test('an invalid key is rejected and recorded with reason, agent and address', async () => {
  const agent = await testAgent(database.db);
  const { id, name } = agent;
  const short = unwrap(await issueKey(database.db, ADMIN_CONTEXT, id, null));
  const rests = unwrap(await issueKey(database.db, ADMIN_CONTEXT, id, null));
  unwrap(await revokeKey(database.db, ADMIN_CONTEXT, agent.keyId));
  unwrap(await expireKey(database.db, ADMIN_CONTEXT, short.keyId, 1));
  expect((await present(agent.secret)).ok).toBe(false);
  expect((await present(short.secret, inMinutes(25 * 60))).ok).toBe(false);
  unwrap(await setAgentDisabled(database.db, ADMIN_CONTEXT, id, true));
  expect((await present(rests.secret)).ok).toBe(false);
  const target = { targetType: 'agent', targetId: id, targetLabel: name };
  const common = { outcome: 'denied', actorType: 'anonymous', source: 'api', ip: CALLER.ip, ...target };
  expect(await told()).toMatchObject([
    { ...common, reason: 'revoked', metadata: { keyId: agent.keyId, prefix: agent.secret.slice(0, 10), refusals: 1 } },
    { ...common, reason: 'expired', metadata: { keyId: short.keyId } },
    { ...common, reason: 'agent_disabled', metadata: { keyId: rests.keyId } },
  ]);
});

test('a scanner cannot fill the log: all it tries in ten minutes is one event, and the next one counts it', async () => {
  const scan = async (times: number, now: Date) => {
    for (let n = 0; n < times; n++) expect((await present(makeSecret().secret, now)).ok).toBe(false);
  };
  await scan(40, new Date());
  await scan(10, inMinutes(9));
  expect(await told()).toMatchObject([{ reason: 'unknown_key', targetId: null, metadata: { refusals: 1 } }]);
  await scan(1, inMinutes(11));
  expect((await told()).map(({ metadata }) => metadata)).toEqual([{ refusals: 1 }, { refusals: 50 }]);
});

test('fifty refusals at the same moment are one event', async () => {
  await Promise.all(Array.from({ length: 50 }, () => present(makeSecret().secret)));
  expect(await told()).toHaveLength(1);
});

test('what cannot be a key leaves nothing, and no secret stands in the log', async () => {
  const agent = await testAgent(database.db);
  for (const header of [null, 'Bearer x', 'Basic dTpw', `Bearer ${agent.secret}x`])
    expect((await authenticate(database.db, header, CALLER)).ok).toBe(false);
  expect(await told()).toEqual([]);
  unwrap(await revokeKey(database.db, ADMIN_CONTEXT, agent.keyId));
  await present(agent.secret);
  expect(JSON.stringify(await told())).not.toContain(agent.secret.slice(10));
});

test('a refusal that could not be recorded is counted by the next one', async () => {
  await execute(database.superuserUrl, 'ALTER TABLE "AuditEvent" RENAME TO away');
  await expect(present(makeSecret().secret)).rejects.toThrow();
  await execute(database.superuserUrl, 'ALTER TABLE away RENAME TO "AuditEvent"');
  expect((await present(makeSecret().secret)).ok).toBe(false);
  expect(await told()).toMatchObject([{ metadata: { refusals: 2 } }]);
});
