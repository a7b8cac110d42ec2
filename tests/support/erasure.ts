import type { Actor, AuditContext, Origin } from '#lib/audit/events/catalogue.ts';
import { recordAudit } from '#lib/audit/events/record.ts';
import type { Db } from '#lib/db.ts';
import { processAll, send, testAgent, testEvent, unwrap } from './agents.ts';

/** The person who is to be erased. */
export const JANE = {
  id: '019ab000-0000-7000-8000-000000000001',
  email: 'jane.doe@example.org',
  name: 'Jane "J" Dœ',
  ip: '198.51.100.77',
};
/** The admin who answers for it. */
export const BOSS = {
  id: '019ab000-0000-7000-8000-000000000002',
  email: 'boss@example.org',
  name: 'Boss',
  ip: '203.0.113.9',
};
/** What must not be found after the erasure, as dumps and JSON write it. */
const NEEDLES = [JANE.email, JANE.name, JANE.name.replaceAll('"', String.raw`\"`), JANE.ip, 'Jane/5.0'];

const user = (who: typeof JANE, role: 'admin' | 'user'): Actor => ({
  type: 'user',
  id: who.id,
  label: who.email,
  role,
});
const from = (who: typeof JANE, userAgent: string): Origin => ({ source: 'web', ip: who.ip, userAgent });
const jane: AuditContext = { actor: user(JANE, 'user'), origin: from(JANE, 'Jane/5.0') };
export const boss: AuditContext = { actor: user(BOSS, 'admin'), origin: from(BOSS, 'Boss/5.0') };

/** Which of the person's names and addresses a text holds. */
export const janeIn = (text: string): string[] =>
  NEEDLES.filter((needle) => text.toLowerCase().includes(needle.toLowerCase()));

const pick = ({ id, email, name }: typeof JANE) => ({ id, email, name });

/** Both accounts, and what they and an agent have done; one batch waits for the worker. @returns the agent's name. */
export async function writeJanesHistory(db: Db): Promise<string> {
  await db.user.createMany({
    data: [
      { ...pick(JANE), role: 'user' },
      { ...pick(BOSS), role: 'admin' },
    ],
  });
  await db.session.create({ data: { userId: JANE.id, sessionVersion: 1, ip: JANE.ip, userAgent: 'Jane/5.0' } });
  const target = { type: 'user', id: JANE.id, label: JANE.email };
  const record = (event: Parameters<typeof recordAudit>[1]) => recordAudit(db, event);
  await record({ action: 'user.created', outcome: 'success', ...boss, target, metadata: { role: 'user' } });
  await record({ action: 'auth.sign_in', outcome: 'success', ...jane, target, metadata: { method: 'password' } });
  const anonymous = { actor: { type: 'anonymous', label: JANE.email }, origin: jane.origin } as const;
  await record({ action: 'auth.sign_in', outcome: 'failure', ...anonymous, metadata: { method: 'password' } });
  const filters = { actor: JANE.email };
  await record({ action: 'audit.read', outcome: 'success', ...boss, metadata: { filters, rows: 3, deeper: false } });
  await record({
    action: 'audit.read',
    outcome: 'success',
    ...boss,
    metadata: { filters: {}, rows: 3, deeper: false },
  });
  const agent = await testAgent(db);
  const named = (id: string) => {
    const data = { action: 'pay.made', outcome: 'success', metadata: { note: `for ${JANE.name}`, sum: 5 } };
    return testEvent({ id, source: '/pay', data: { ...data, actor: { id: JANE.email, label: JANE.name } } });
  };
  unwrap(await send(db, agent.secret, [named(`pay-${JANE.email}`)]));
  await processAll(db);
  // Waits for the worker.
  unwrap(await send(db, agent.secret, [named('pay-2')]));
  return agent.name;
}
