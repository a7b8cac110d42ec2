import { afterEach, beforeEach, expect, test } from 'vitest';
import { expireKey, issueKey, revokeKey, rotateKey } from '#lib/agents/key-admin.ts';
import { redriveDeadLetters } from '#lib/agents/processing/redrive.ts';
import { newAgent, registerAgent, setAgentDisabled } from '#lib/agents/registry.ts';
import type { Act } from '#lib/audit/events/catalogue.ts';
import type { Result } from '#lib/errors.ts';
import { changeRole, disableUser } from '#lib/users/admin.ts';
import { ADMIN_ACT, testAgent, type TestAgent } from '../../support/agents.ts';
import { freshDatabase, lockWaits, type TestDatabase } from '../../support/database.ts';
import { actOf, addPerson, auditTrail } from '../users/users.ts';

let database: TestDatabase;
let agent: TestAgent;
let ann: Awaited<ReturnType<typeof addPerson>>;
beforeEach(async () => {
  database = await freshDatabase();
  agent = await testAgent(database.db);
  ann = await addPerson(database.db, 'ann', 'admin');
});
afterEach(() => database[Symbol.asyncDispose]());

/** Every act on agents, as its page's guard has let it through. */
const ACTS: [string, (act: Act) => Promise<Result<unknown>>][] = [
  ['register', (act) => registerAgent(database.db, act, newAgent.parse({ name: 'late-agent' }))],
  ['disable', (act) => setAgentDisabled(database.db, act, agent.id, true)],
  ['issue a key', (act) => issueKey(database.db, act, agent.id, null)],
  ['rotate a key', (act) => rotateKey(database.db, act, agent.keyId, { overlapHours: 1, days: null })],
  ['expire a key', (act) => expireKey(database.db, act, agent.keyId, 1)],
  ['revoke a key', (act) => revokeKey(database.db, act, agent.keyId)],
  ['redrive', (act) => redriveDeadLetters(database.db, act)],
];

const state = async () => ({
  agents: await database.db.agent.findMany({ select: { name: true, disabledAt: true } }),
  keys: await database.db.agentKey.findMany({ select: { id: true, expiresAt: true, revokedAt: true } }),
});

test.each(ACTS)(
  '%s: whoever lost the role after the guard of the page changes nothing, and the denial is recorded',
  async (_, run) => {
    await addPerson(database.db, 'root', 'admin');
    const before = await state();
    await changeRole(database.db, ADMIN_ACT, ann.id, 'auditor');
    expect(await run(actOf(ann))).toMatchObject({ ok: false, code: 'forbidden' });
    expect(await state()).toEqual(before);
    expect((await auditTrail(database.db)).at(-1)).toBe('access.denied denied forbidden');
  },
);

test('a disabled admin and an actor that names nobody change nothing either', async () => {
  await addPerson(database.db, 'root', 'admin');
  await disableUser(database.db, ADMIN_ACT, ann.id);
  const nobody: Act = { ...actOf(ann), actor: { type: 'user', id: 'u1', label: 'x', role: 'admin' } };
  for (const act of [actOf(ann), nobody, { ...actOf(ann), actor: { type: 'anonymous' } as const }])
    expect(await issueKey(database.db, act, agent.id, null)).toMatchObject({ ok: false, code: 'forbidden' });
});

test('a demotion that commits while the act waits for it wins', async () => {
  const { db } = database;
  let late: Promise<Result<unknown>> | undefined;
  await db.$transaction(async (tx) => {
    await tx.user.update({ where: { id: ann.id }, data: { role: 'user' } });
    late = issueKey(db, actOf(ann), agent.id, null);
    await expect.poll(() => lockWaits(db)).toBe(1);
  });
  expect(await late).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await db.agentKey.count()).toBe(1);
});
