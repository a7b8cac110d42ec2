/** `npm run docs:grants`: writes docs/GRANTS.md from a migrated database. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openClient } from '#lib/db/client.ts';
import { readHeldRights } from '#lib/db/roles/held-rights.ts';
import { readDatabaseRoles } from '#lib/db/roles/roles.ts';
import { migrateEnv } from '#lib/env.ts';
import { grantDocument } from '../support/docs/grant-table.ts';
import { runCommand } from '../../support/run-command.ts';

const FILE = fileURLToPath(new URL('../../../docs/GRANTS.md', import.meta.url));

const USAGE = `npm run docs:grants
Writes docs/GRANTS.md from the database of MIGRATE_DATABASE_URL, as whose owner it connects. DATABASE_URL and WORKER_DATABASE_URL must be
users of their own: npm run db:roles -- --worker golive_worker
Exit: 0 written, 1 failed, 2 wrong use.`;

async function main(): Promise<number> {
  const sources = migrateEnv();
  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATABASE_CA_CERT } = sources;
  const client = await openClient(MIGRATE_DATABASE_URL ?? DATABASE_URL, { caCert: DATABASE_CA_CERT });
  try {
    const { roles } = await readDatabaseRoles(client, sources);
    if (roles.web === roles.worker) throw new Error('web and worker are one user here: --help');
    writeFileSync(FILE, grantDocument(await readHeldRights(client), roles));
    console.log('docs/GRANTS.md is written');
    return 0;
  } finally {
    await client.end();
  }
}

await runCommand({ name: 'docs:grants', usage: USAGE }, main);
