import { beforeAll, expect, test } from 'vitest';
import { auditHealth } from '#lib/audit/reports/health.ts';
import { auditRow } from '#lib/audit/events/record.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { securityReport } from '#lib/security-report.ts';
import { writeEvents } from '../../support/audit.ts';
import { command } from '../../support/command.ts';
import { freshDatabase } from '../../support/database.ts';
import { SECRET, testEnvironment } from '../../support/audit-proof.ts';

beforeAll(testEnvironment);

const midnight = `date_trunc('day', now(), 'UTC')`;

test('the health of the log shows volume, a spike, a gap, growth, seal lag and who fails to sign in', async () => {
  await using database = await freshDatabase();
  // 20 events a day for 30 days, none 4 days ago, 400 more yesterday.
  await writeEvents(database.ownerUrl, 600, {
    createdAt: `${midnight} - ((n - 1) / 20 + CASE WHEN (n - 1) / 20 = 3 THEN 2 ELSE 1 END) * interval '1 day' + interval '1 hour'`,
    action: `'auth.sign_in'`,
    outcome: `CASE WHEN n % 2 = 0 THEN 'failure' ELSE 'success' END`,
    ip: `'192.0.2.' || n % 3`,
  });
  await writeEvents(database.ownerUrl, 400, {
    createdAt: `${midnight} - interval '1 hour'`,
    action: `'access.denied'`,
    outcome: `'denied'`,
  });
  const health = await auditHealth(database.db);
  expect(health.days).toHaveLength(30);
  expect(health.days.at(-1)).toMatchObject({ events: 420, denials: 400, anomaly: 'spike' });
  expect(health.days.at(-4)).toMatchObject({ events: 0, anomaly: 'gap' });
  expect(health.topActions[0]).toEqual({ action: 'auth.sign_in', events: 600 });
  expect(health.failuresByAddress).toHaveLength(3);
  expect(health.growthOf).toMatchObject({ limitBytes: null, daysUntilLimit: null });
  expect(health.growthOf.bytes).toBeGreaterThan(0);
  expect(health.proof.pending).toBe(1000);
  expect(health.retention).toMatchObject({ days: 365, overdue: 0, working: true });
  await seal(database.db);
  expect((await auditHealth(database.db)).proof.pending).toBe(0);
});

test('retention that does not run is seen', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 7, { createdAt: `now() - interval '400 days'` });
  expect((await auditHealth(database.db)).retention).toMatchObject({ overdue: 7, working: false });
});

test('timestamps shifted by a time zone are detected from the ids, per offset and range', async () => {
  await using database = await freshDatabase();
  const write = async (at: string, minutes: number) => {
    const moment = new Date(at);
    const event = { action: 'auth.sign_out', outcome: 'success', actor: { type: 'system', id: 'x', label: 'x' }, origin: { source: 'web' }, metadata: {} } as const; // prettier-ignore
    const data = auditRow(event, moment);
    await database.db.auditEvent.create({
      data: { ...data, createdAt: new Date(moment.getTime() + minutes * 60_000) },
    });
  };
  await write('2026-01-31T12:00:00.001Z', 0);
  expect((await auditHealth(database.db)).zoneOffsets).toEqual([]);
  for (const at of ['2026-02-01T12:00:00.123Z', '2026-03-02T12:00:00.456Z']) await write(at, 330);
  await write('2026-04-02T12:00:00.456Z', -210);
  await write('2026-05-02T12:00:00.456Z', 0);
  expect((await auditHealth(database.db)).zoneOffsets).toEqual([
    { from: new Date('2026-02-01T17:30:00.123Z'), to: new Date('2026-03-02T17:30:00.456Z'), minutes: 330 },
    { from: new Date('2026-04-02T08:30:00.456Z'), to: new Date('2026-04-02T08:30:00.456Z'), minutes: -210 },
  ]);
  const env = { DATABASE_URL: database.appUrl, NEXTAUTH_SECRET: SECRET };
  const { stdout } = await command('node', ['scripts/audit/health.ts'], { env });
  expect(stdout).toContain('look at this: events from 2026-02-01T17:30:00.123Z to 2026-03-02T17:30:00.456Z');
  expect(stdout).toContain('330 minutes off');
});

test('the weekly report counts what touches security, and lists the admins that can still sign in', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 9, {
    createdAt: 'now()',
    action: `'auth.sign_in'`,
    outcome: `'failure'`,
    ip: `'192.0.2.9'`,
  });
  await writeEvents(database.ownerUrl, 4, {
    createdAt: `now() - interval '8 days'`,
    action: `'auth.sign_in'`,
    outcome: `'failure'`,
  });
  const person = (email: string, more: object) => ({ email, name: email, ...more });
  await database.db.user.createMany({
    data: [
      person('a@example.org', { role: 'admin' }),
      person('b@example.org', { role: 'admin', disabledAt: new Date() }),
      person('c@example.org', { role: 'auditor' }),
    ],
  });
  const report = await securityReport(database.db);
  expect(report.events).toEqual([{ action: 'auth.sign_in', outcome: 'failure', count: 9 }]);
  expect(report.failuresByAddress).toEqual([{ ip: '192.0.2.9', count: 9 }]);
  expect(report.admins.map(({ email }) => email)).toEqual(['a@example.org']);
  expect(report.enoughAdmins).toBe(false);
});
