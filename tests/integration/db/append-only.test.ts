import { expect, test } from 'vitest';
import { recordAudit } from '#lib/audit/events/record.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { freshDatabase } from '../../support/database.ts';

const event = {
  action: 'auth.sign_out',
  outcome: 'success',
  actor: { type: 'user', id: 'u1', label: 'ann@example.org', role: 'user' },
  origin: { source: 'cli' },
  metadata: {},
} as const;

test('the app role can neither change, remove nor truncate audit events, and the owner’s mistakes are refused too', async () => {
  await using database = await freshDatabase();
  await database.db.$transaction((tx) => recordAudit(tx, event));
  for (const statement of [
    'UPDATE "AuditEvent" SET reason = \'x\'',
    'DELETE FROM "AuditEvent"',
    'TRUNCATE "AuditEvent"',
    'TRUNCATE "AuditEvent_default"',
  ]) {
    await expect(execute(database.appUrl, statement), statement).rejects.toThrow(/permission denied/);
    await expect(execute(database.ownerUrl, statement), statement).rejects.toThrow(/append-only/);
  }
  expect(await database.db.auditEvent.count()).toBe(1);
});
