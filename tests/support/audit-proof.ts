import { log } from '#lib/log.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey, trustedKeys } from '#lib/audit/proof/signing.ts';
import { recordVerification } from '#lib/audit/verification/records.ts';
import { verifyAudit, type VerifyOptions } from '#lib/audit/verification/verify.ts';
import { openVerifierConnections } from '#lib/audit/verification/connections.ts';
import { execute } from './postgres/postgres.ts';
import type { TestDatabase } from './database.ts';
import { writeEvents } from './audit.ts';

export const SECRET = 'only-for-tests-only-for-tests-only';

/** The environment that lib reads; no database of it is ever opened. */
export function testEnvironment(): void {
  process.env.DATABASE_URL = 'postgres://unused@localhost/unused';
  process.env.NEXTAUTH_SECRET = SECRET;
  // Each sealing ships a checkpoint as a log line.
  log.level = 'silent';
}

export const keys = () => trustedKeys({ NEXTAUTH_SECRET: SECRET });

/** Verifies as a command would: over connections of its own, as the app role. */
export async function verifyAsCommand(
  database: Pick<TestDatabase, 'appUrl'>,
  options: Partial<VerifyOptions> & { record?: boolean } = {},
) {
  await using lanes = await openVerifierConnections(database.appUrl);
  const outcome = await verifyAudit(lanes.clients, keys(), { full: true, ...options });
  if (options.record) await recordVerification(lanes.clients[0], signingKey({ NEXTAUTH_SECRET: SECRET }), outcome);
  return outcome;
}

/** Events of this month, sealed and signed in `times` steps. */
export async function sealedLog(database: TestDatabase, rows = 40, times = 2): Promise<void> {
  for (let step = 0; step < times; step++) {
    await writeEvents(database.ownerUrl, rows / times, {
      createdAt: `date_trunc('month', now()) + ${step} * interval '1 hour' + n * interval '1 minute'`,
      metadata: `'{"method": "password"}'`,
    });
    await seal(database.db, { checkpoint: 'always' });
  }
}

/** What an owner who means harm can do: switch the triggers off first, and on again, so that nothing is to be seen of it. */
export const asOwner = (database: TestDatabase, ...statements: string[]): Promise<void> =>
  execute(
    database.ownerUrl,
    `SET golive.audit_maintenance = 'on'`,
    ...TABLES.map((t) => `ALTER TABLE "${t}" DISABLE TRIGGER USER`),
    ...statements,
    ...TABLES.map((t) => `ALTER TABLE "${t}" ENABLE TRIGGER USER`),
  );

const TABLES = [
  'AuditEvent',
  'AuditPending',
  'AuditChain',
  'AuditTile',
  'AuditCheckpoint',
  'AuditAnchor',
  'AuditPrune',
  'AuditTombstone',
];
