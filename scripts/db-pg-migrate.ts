/** `npm run db:pg:migrate`: applies prisma/postgres, the part of the schema that Prisma cannot express. Safe to run twice at once. */
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { connectionConfig } from '#lib/db/connection.ts';
import { applyPostgresMigrations } from '#lib/db/postgres-migrations.ts';
import { migrateEnv } from '#lib/env.ts';
import { installQueue } from '#lib/queue/install.ts';

async function main() {
  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATABASE_CA_CERT } = migrateEnv();
  const client = new pg.Client(connectionConfig(MIGRATE_DATABASE_URL ?? DATABASE_URL, DATABASE_CA_CERT));
  await client.connect();
  try {
    const appRole = decodeURIComponent(new URL(DATABASE_URL).username);
    const settings = { 'golive.app_role': appRole };
    const dir = fileURLToPath(new URL('../prisma/postgres', import.meta.url));
    const applied = await applyPostgresMigrations(client, dir, settings, (name, ms) =>
      console.log(`applied ${name} (${ms} ms)`),
    );
    if (applied.length === 0) console.log('prisma/postgres: nothing to apply');
    await installQueue(client, appRole);
  } finally {
    await client.end();
  }
}

await main();
