import { expect, test } from 'vitest';
import { recordAudit } from '#lib/audit/events/record.ts';
import { SIGNALS } from '#lib/release/signals.ts';
import { measureSignals } from '../../../worker/signals.ts';
import { freshDatabase } from '../../support/database.ts';
import { execute } from '../../support/postgres/postgres.ts';

test('the worker measures every signal that a platform alarms on, and an unsealed event raises the seal lag', async () => {
  await using database = await freshDatabase();
  expect(await measureSignals(database.db)).toEqual(Object.fromEntries(Object.keys(SIGNALS).map((name) => [name, 0])));
  await database.db.$transaction((tx) =>
    recordAudit(tx, {
      action: 'auth.sign_out',
      outcome: 'success',
      actor: { type: 'system', id: 'test', label: 'test' },
      origin: { source: 'cli' },
      metadata: {},
    }),
  );
  // Only a superuser gets round the log's triggers, to make the event look old.
  await execute(
    database.superuserUrl,
    'SET session_replication_role = replica',
    `UPDATE "AuditPending" SET "createdAt" = "createdAt" - interval '20 minutes'`,
  );
  const { sealLagSeconds } = await measureSignals(database.db);
  expect(sealLagSeconds).toBeGreaterThan(SIGNALS.sealLagSeconds.alarmAbove);
});
