/** `npm run db:pg:migrate`: applies prisma/postgres, the part of the schema that Prisma cannot express. Safe to run twice at once. */
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { openClient } from '#lib/db/client.ts';
import type { AppRoles } from '#lib/db/roles/grants.ts';
import { LOCK_WAIT_MS, patiently, type Waiting } from '#lib/db/migrations/lock-retries.ts';
import { underMigrationLock } from '#lib/db/migrations/lock.ts';
import { applyPostgresMigrations } from '#lib/db/migrations/repeatable-migrations.ts';
import { prismaMigrationStates } from '#lib/db/migrations/prisma-states.ts';
import { settleRights } from '#lib/db/roles/reconcile-rights.ts';
import { ensureAppRoles, installationOf } from '#lib/db/roles/roles.ts';
import { sharedSessionFault } from '#lib/db/sessions/shared.ts';
import { revokeStrangerRights } from '#lib/db/roles/foreign-rights.ts';
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
  const waiting = {
    url: MIGRATE_DATABASE_URL ?? DATABASE_URL,
    caCert: DATABASE_CA_CERT,
    application: `golive-migrate-${process.pid}`,
    say: (line: string) => console.error(`db:pg:migrate: ${line}`),
  };
  const fault = await sharedSessionFault(waiting.url, { caCert: DATABASE_CA_CERT });
  if (fault !== undefined)
    throw new Error(`${MIGRATE_DATABASE_URL === undefined ? 'DATABASE_URL' : 'MIGRATE_DATABASE_URL'} ${fault}`);
  await patiently(() => migrate(waiting, values.again, values['keep-usage']), waiting);
  return 0;
}

/** All of it, from the beginning: it bears being run again. */
async function migrate({ url, caCert, application, say }: Waiting, again: boolean, keepUsage: boolean): Promise<void> {
  const sources = migrateEnv();
  const client = await openClient(url, {
    caCert,
    application_name: application,
    session: { lock_timeout: LOCK_WAIT_MS },
  });
  try {
    await demandFirstHalf(client);
    const { roles, users, fault } = await installationOf(client, sources);
    const { DATABASE_APP_ROLE: role } = sources;
    if (fault !== undefined && role !== undefined) throw new Error(fault);
    if (fault !== undefined) console.error(`WARNING: ${fault}`);
    if (role !== undefined) await ensureAppRoles(client, role, [users.web, users.worker]);
    const dir = `${ROOT}prisma/postgres`;
    const onApplied = (name: string, ms: number) => console.log(`applied ${name} (${ms} ms)`);
    const applied = await applyPostgresMigrations(client, dir, { again, onApplied, say });
    if (applied.length === 0) console.log('prisma/postgres: nothing to apply');
    const settleAll = async () => {
      await installQueue(client);
      await settle(client, roles, keepUsage);
    };
    await underMigrationLock(client, settleAll, { say });
  } finally {
    await client.end();
  }
}

/** Prisma's own exit code is not believed: its command line ends with 0 when its engine dies between two migrations. */
async function demandFirstHalf(client: Client): Promise<void> {
  const left = (await prismaMigrationStates(client, ROOT)).filter(
    ({ state }) => state === 'pending' || state === 'failed',
  );
  if (left.length > 0)
    throw new Error(
      `prisma/migrations is not applied to its end: ${left.map(({ name, state }) => `${name} (${state})`).join(', ')}. npm run db:migrate:prod applies it`,
    );
}

/** On every run: a backup brings tables without rights, and a platform gives rights to roles of its own. */
async function settle(client: Client, roles: AppRoles, keepHarmless: boolean): Promise<void> {
  const faults = await settleRights(client, roles);
  const given = Map.groupBy(
    faults.filter(({ verdict }) => verdict === 'missing'),
    ({ role }) => role,
  );
  for (const [role, of] of given) console.log(`granted to ${role} what it lacked on ${of.length} objects`);
  for (const { role, object, privileges } of faults.filter(({ verdict }) => verdict === 'superfluous'))
    console.log(`revoked ${privileges.join(', ')} on ${object} from ${role}, which this release does not want`);
  const { taken, left } = await revokeStrangerRights(client, roles, { keepHarmless });
  for (const { object, grantee, privileges } of taken)
    console.log(`revoked ${privileges} on ${object} from ${grantee}`);
  for (const { object, grantee, privileges, revoke } of left)
    console.error(
      `WARNING: ${grantee} keeps ${privileges} on ${object}, which only its grantor can take away: ${revoke}`,
    );
}

await runCommand({ name: 'db:pg:migrate', usage: USAGE, options: OPTIONS }, main);
