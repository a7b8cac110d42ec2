/** `npm run db:pg:migrate`: applies prisma/postgres, the part of the schema that Prisma cannot express. Safe to run concurrently. */
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { openClient } from '#lib/db/client.ts';
import type { AppRoles } from '#lib/db/roles/grants.ts';
import { LOCK_WAIT_MS, withLockRetries, type LockRetryOptions } from '#lib/db/migrations/lock-retries.ts';
import { withMigrationLock } from '#lib/db/migrations/lock.ts';
import { applyRepeatableMigrations } from '#lib/db/migrations/repeatable-migrations.ts';
import { prismaMigrationStates } from '#lib/db/migrations/prisma-states.ts';
import { reconcileRights } from '#lib/db/roles/reconcile-rights.ts';
import { ensureAppRoles, readDatabaseRoles } from '#lib/db/roles/roles.ts';
import { sharedSessionFault } from '#lib/db/sessions/shared.ts';
import { revokeForeignRights } from '#lib/db/roles/foreign-rights.ts';
import { migrateEnv } from '#lib/env.ts';
import { installQueue } from '#lib/queue/install.ts';
import { runCommand, type Given } from '../../support/run-command.ts';

const USAGE = `Usage: npm run db:pg:migrate [-- --again]
  Runs the files of prisma/postgres that are new or were edited, as MIGRATE_DATABASE_URL, or else DATABASE_URL. Then the app's roles get
  the rights that this release wants and no others, and whatever anybody else holds is taken away. A lock that does not come in 5 s is
  asked for again, 12 times at most, and who holds it is named.
  --again        run all of the files: they are idempotent, and put back what somebody removed by hand
  --keep-usage   leave others the bare use of the schema public, which reaches nothing by itself: as a restore leaves it
  Exit codes: 0 done, 1 failed, 2 wrong usage`;

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const flag = { type: 'boolean', default: false } as const;
const OPTIONS = { again: flag, 'keep-usage': flag } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATABASE_CA_CERT } = migrateEnv();
  const retryOptions = {
    url: MIGRATE_DATABASE_URL ?? DATABASE_URL,
    caCert: DATABASE_CA_CERT,
    application: `golive-migrate-${process.pid}`,
    log: (line: string) => console.error(`db:pg:migrate: ${line}`),
  };
  const fault = await sharedSessionFault(retryOptions.url, { caCert: DATABASE_CA_CERT });
  if (fault !== undefined)
    throw new Error(`${MIGRATE_DATABASE_URL === undefined ? 'DATABASE_URL' : 'MIGRATE_DATABASE_URL'} ${fault}`);
  await withLockRetries(() => migrate(retryOptions, values.again, values['keep-usage']), retryOptions);
  return 0;
}

/** Applies all repeatable migrations; they are idempotent. */
async function migrate(
  { url, caCert, application, log }: LockRetryOptions,
  rerunAll: boolean,
  keepUsage: boolean,
): Promise<void> {
  const sources = migrateEnv();
  const client = await openClient(url, {
    caCert,
    application_name: application,
    session: { lock_timeout: LOCK_WAIT_MS },
  });
  try {
    await demandFirstHalf(client);
    const { roles, users, problem } = await readDatabaseRoles(client, sources);
    const { DATABASE_APP_ROLE: role } = sources;
    if (problem !== undefined && role !== undefined) throw new Error(problem);
    if (problem !== undefined) console.error(`WARNING: ${problem}`);
    if (role !== undefined) await ensureAppRoles(client, role, [users.web, users.worker]);
    const dir = `${ROOT}prisma/postgres`;
    const onApplied = (name: string, ms: number) => console.log(`applied ${name} (${ms} ms)`);
    const applied = await applyRepeatableMigrations(client, dir, { rerunAll, onApplied, log });
    if (applied.length === 0) console.log('prisma/postgres: nothing to apply');
    const reconcileAll = async () => {
      await installQueue(client);
      await reconcile(client, roles, keepUsage);
    };
    await withMigrationLock(client, reconcileAll, { log });
  } finally {
    await client.end();
  }
}

/** Prisma's own exit code is not believed: its command line ends with 0 when its engine dies between two migrations. */
async function demandFirstHalf(client: Client): Promise<void> {
  const remaining = (await prismaMigrationStates(client, ROOT)).filter(
    ({ state }) => state === 'pending' || state === 'failed',
  );
  if (remaining.length > 0)
    throw new Error(
      `prisma/migrations is not applied to its end: ${remaining.map(({ name, state }) => `${name} (${state})`).join(', ')}. npm run db:migrate:prod applies it`,
    );
}

/** On every run, because a restore creates tables without grants and platforms grant rights to their own roles. */
async function reconcile(client: Client, roles: AppRoles, keepHarmless: boolean): Promise<void> {
  const faults = await reconcileRights(client, roles);
  const granted = Map.groupBy(
    faults.filter(({ verdict }) => verdict === 'missing'),
    ({ role }) => role,
  );
  for (const [role, of] of granted) console.log(`granted to ${role} what it lacked on ${of.length} objects`);
  for (const { role, object, privileges } of faults.filter(({ verdict }) => verdict === 'superfluous'))
    console.log(`revoked ${privileges.join(', ')} on ${object} from ${role}, which this release does not want`);
  const { taken: revoked, left: remaining } = await revokeForeignRights(client, roles, { keepHarmless });
  for (const { object, grantee, privileges } of revoked)
    console.log(`revoked ${privileges} on ${object} from ${grantee}`);
  for (const { object, grantee, privileges, revoke } of remaining)
    console.error(
      `WARNING: ${grantee} keeps ${privileges} on ${object}, which only its grantor can take away: ${revoke}`,
    );
}

await runCommand({ name: 'db:pg:migrate', usage: USAGE, options: OPTIONS }, main);
