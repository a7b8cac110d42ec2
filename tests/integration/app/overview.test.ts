import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import { auditRow } from '#lib/audit/events/record.ts';
import { DAYS, readOverview } from '#lib/overview.ts';
import { createUserWithPassword } from '#lib/users/create.ts';
import { disableUser } from '#lib/users/admin.ts';
import { startSession } from '#lib/auth/session.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

const ACT: AuditContext = { actor: { type: 'system', id: 'test', label: 'test' }, origin: { source: 'cli' } };
const NOW = new Date('2026-11-22T12:00:00.000Z');

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

function event(action: 'auth.sign_in' | 'access.denied', outcome: 'success' | 'failure' | 'denied', time: string) {
  const base = { outcome, actor: ACT.actor, origin: ACT.origin };
  const row =
    action === 'auth.sign_in'
      ? auditRow({ ...base, action, metadata: { method: 'password' } }, new Date(time))
      : auditRow({ ...base, action, metadata: { permission: 'audit:read', path: '/audit' } }, new Date(time));
  return row;
}

test('the overview counts users, sessions and UTC days, including empty ones', async () => {
  const { db } = database;
  const ids: string[] = [];
  for (const role of ['admin', 'admin', 'user'] as const) {
    const email = `p${ids.length}@example.org`;
    const made = await createUserWithPassword(db, ACT, { email, name: email, role, password: 'quiet river stone' });
    if (!made.ok) throw new Error(made.detail);
    ids.push(made.value.id);
  }
  const [, second = '', third = ''] = ids;
  for (const id of [second, third])
    await db.$transaction((tx) => startSession(tx, { id, sessionVersion: 1 }, ACT.origin));
  await disableUser(db, ACT, second);
  await db.auditEvent.createMany({
    data: [
      event('auth.sign_in', 'success', '2026-11-22T11:00:00.000Z'),
      event('auth.sign_in', 'failure', '2026-11-22T00:00:00.000Z'),
      event('access.denied', 'denied', '2026-11-21T23:59:59.999Z'),
      event('auth.sign_in', 'success', '2026-11-21T11:59:59.999Z'),
      event('auth.sign_in', 'success', '2026-11-09T00:00:00.000Z'),
      event('auth.sign_in', 'success', '2026-11-08T23:59:59.999Z'),
    ],
  });
  const overview = await readOverview(db, NOW);
  expect(overview).toMatchObject({ activeUsers: 2, activeAdmins: 1 });
  expect(overview.lastDay).toEqual({ signIns: 1, failures: 1, denials: 1 });
  expect(overview.days).toHaveLength(DAYS);
  expect(overview.days[0]).toEqual({ day: '2026-11-09', signIns: 1, failures: 0, denials: 0 });
  expect(overview.days[1]).toEqual({ day: '2026-11-10', signIns: 0, failures: 0, denials: 0 });
  expect(overview.days.at(-2)).toEqual({ day: '2026-11-21', signIns: 1, failures: 0, denials: 1 });
  expect(overview.days.at(-1)).toEqual({ day: '2026-11-22', signIns: 1, failures: 1, denials: 0 });
  expect((await readOverview(db)).openSessions).toBe(1);
});
