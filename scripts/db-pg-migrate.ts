/** `npm run db:pg:migrate`: applies prisma/postgres, the part of the schema that Prisma cannot express. Safe to run twice at once. */
import { fileURLToPath } from 'node:url';
import { openClient } from '#lib/db/client.ts';
import { underMigrationLock } from '#lib/db/migration-lock.ts';
import { applyPostgresMigrations } from '#lib/db/postgres-migrations.ts';
import { ensureAppRoles, loginOf } from '#lib/db/roles.ts';
import { revokeStrangerRights } from '#lib/db/strangers.ts';
import { migrateEnv } from '#lib/env.ts';
import { installQueue } from '#lib/queue/install.ts';
import { runCommand, type Given } from './support/run-command.ts';

const USAGE = `Usage: npm run db:pg:migrate [-- --again]
  Runs the files of prisma/postgres that are new or were edited, as MIGRATE_DATABASE_URL, or else DATABASE_URL.
  --again   run all of them: they are idempotent, and put back what somebody removed by hand
  Exit codes: 0 done, 1 failed, 2 wrong usage`;

const OPTIONS = { again: { type: 'boolean', default: false } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const { DATABASE_URL, MIGRATE_DATABASE_URL, WORKER_DATABASE_URL, DATABASE_APP_ROLE, DATABASE_CA_CERT } = migrateEnv();
  const client = await openClient(MIGRATE_DATABASE_URL ?? DATABASE_URL, { caCert: DATABASE_CA_CERT });
  try {
    const made = DATABASE_APP_ROLE !== undefined;
    const web = await loginOf(DATABASE_URL, made, DATABASE_CA_CERT);
    const worker = WORKER_DATABASE_URL === undefined ? web : await loginOf(WORKER_DATABASE_URL, made, DATABASE_CA_CERT);
    if (DATABASE_APP_ROLE) await ensureAppRoles(client, DATABASE_APP_ROLE, [web, worker]);
    const appRole = DATABASE_APP_ROLE ?? web.name;
    const settings = { 'golive.app_role': appRole, 'golive.web_user': web.name, 'golive.worker_user': worker.name };
    const dir = fileURLToPath(new URL('../prisma/postgres', import.meta.url));
    const onApplied = (name: string, ms: number) => console.log(`applied ${name} (${ms} ms)`);
    const applied = await applyPostgresMigrations(client, dir, settings, { again: values.again, onApplied });
    if (applied.length === 0) console.log('prisma/postgres: nothing to apply');
    await underMigrationLock(client, () => installQueue(client, appRole));
    const taken = await revokeStrangerRights(client, [appRole, web.name, worker.name]);
    for (const { object, grantee, privileges } of taken)
      console.log(`revoked ${privileges} on ${object} from ${grantee}`);
    return 0;
  } finally {
    await client.end();
  }
}

await runCommand({ name: 'db:pg:migrate', usage: USAGE, options: OPTIONS }, main);
