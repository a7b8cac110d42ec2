import { afterEach, beforeEach, expect, test } from 'vitest';
import { expireKey, issueKey, revokeKey, rotateKey } from '#lib/agents/key-admin.ts';
import { redriveDeadLetters } from '#lib/agents/processing/redrive.ts';
import { newAgent, registerAgent, setAgentDisabled } from '#lib/agents/registry.ts';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import type { Result } from '#lib/errors.ts';
import { changeRole, disableUser } from '#lib/users/admin.ts';
import { ADMIN_CONTEXT, testAgent, type TestAgent } from '../../support/agents.ts';
import { freshDatabase, lockWaits, type TestDatabase } from '../../support/database.ts';
import { auditContextOf, addUser, auditTrail } from '../users/users.ts';

let database: TestDatabase;
let agent: TestAgent;
let ann: Awaited<ReturnType<typeof addUser>>;
beforeEach(async () => {
  database = await freshDatabase();
  agent = await testAgent(database.db);
  ann = await addUser(database.db, 'ann', 'admin');
});
afterEach(() => database[Symbol.asyncDispose]());

/** Every act on agents, as its page's guard has let it through. */
const ACTS: [string, (context: AuditContext) => Promise<Result<unknown>>][] = [
  ['register', (context) => registerAgent(database.db, context, newAgent.parse({ name: 'late-agent' }))],
  ['disable', (context) => setAgentDisabled(database.db, context, agent.id, true)],
  ['issue a key', (context) => issueKey(database.db, context, agent.id, null)],
  ['rotate a key', (context) => rotateKey(database.db, context, agent.keyId, { overlapHours: 1, days: null })],
  ['expire a key', (context) => expireKey(database.db, context, agent.keyId, 1)],
  ['revoke a key', (context) => revokeKey(database.db, context, agent.keyId)],
  ['redrive', (context) => redriveDeadLetters(database.db, context)],
];

const state = async () => ({
  agents: await database.db.agent.findMany({ select: { name: true, disabledAt: true } }),
  keys: await database.db.agentKey.findMany({ select: { id: true, expiresAt: true, revokedAt: true } }),
});

test.each(ACTS)(
  '%s: whoever lost the role after the guard of the page changes nothing, and the denial is recorded',
  async (_, run) => {
    await addUser(database.db, 'root', 'admin');
    const before = await state();
    await changeRole(database.db, ADMIN_CONTEXT, ann.id, 'auditor');
    expect(await run(auditContextOf(ann))).toMatchObject({ ok: false, code: 'forbidden' });
    expect(await state()).toEqual(before);
    expect((await auditTrail(database.db)).at(-1)).toBe('access.denied denied forbidden');
  },
);

test('a disabled admin or an unknown actor cannot change anything', async () => {
  await addUser(database.db, 'root', 'admin');
  await disableUser(database.db, ADMIN_CONTEXT, ann.id);
  const nobody: AuditContext = { ...auditContextOf(ann), actor: { type: 'user', id: 'u1', label: 'x', role: 'admin' } };
  for (const act of [auditContextOf(ann), nobody, { ...auditContextOf(ann), actor: { type: 'anonymous' } as const }])
    expect(await issueKey(database.db, act, agent.id, null)).toMatchObject({ ok: false, code: 'forbidden' });
});

test('a demotion that commits while the act waits for it wins', async () => {
  const { db } = database;
  let late: Promise<Result<unknown>> | undefined;
  await db.$transaction(async (tx) => {
    await tx.user.update({ where: { id: ann.id }, data: { role: 'user' } });
    late = issueKey(db, auditContextOf(ann), agent.id, null);
    await expect.poll(() => lockWaits(db)).toBe(1);
  });
  expect(await late).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await db.agentKey.count()).toBe(1);
});
