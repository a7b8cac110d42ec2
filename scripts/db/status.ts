/** `npm run db:status`: reports pending, failed, edited and drifted parts of the database schema. */
import { fileURLToPath } from 'node:url';
import { openClient } from '#lib/db/client.ts';
import { databaseStatus, type StatusFinding } from '#lib/db/status/status.ts';
import { migrateEnv } from '#lib/env.ts';
import { runCommand, type Given } from '../support/run-command.ts';

const USAGE = `Usage: npm run db:status [-- --json]
  Compares the database of MIGRATE_DATABASE_URL, or else DATABASE_URL, with this release: both halves of the migrations,
  the indexes and triggers of the audit log on every partition, the tables with prisma/schema.prisma, the rights of the app's
  roles, what anybody else may do with anything of ours, and the settings of our sessions.
  Exit codes: 0 as it should be, 1 something was found, 2 wrong usage, 3 could not check`;

/** The fix for each kind of finding. */
const ADVICE: Record<StatusFinding['kind'], string> = {
  pending: 'npm run db:migrate:prod',
  failed: 'repair the data, then prisma migrate resolve --rolled-back NAME, then npm run db:migrate:prod',
  edited:
    'put the old text back and write a new migration; a file of prisma/postgres is run again by npm run db:migrate:prod',
  ahead: 'right after a rollback: change nothing; otherwise deploy the release that has it',
  index: 'psql "${MIGRATE_DATABASE_URL:-$DATABASE_URL}" -f docs/ops/audit_keyset_index_standalone.sql',
  trigger: 'npm run db:pg:migrate -- --again, and find out who removed it',
  drift: 'somebody changed the tables by hand: undo it, or write the migration',
  role: 'npm run db:roles -- --help says how the roles are made',
  rights: 'npm run db:pg:migrate',
  foreign_right: 'npm run db:pg:migrate, and find out who granted it',
  session: 'take a direct connection or a session pooler into the URL',
};

const OPTIONS = { json: { type: 'boolean', default: false } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const sources = migrateEnv();
  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATABASE_CA_CERT } = sources;
  const client = await openClient(MIGRATE_DATABASE_URL ?? DATABASE_URL, {
    caCert: DATABASE_CA_CERT,
    connectionTimeoutMillis: 5_000,
  });
  try {
    const { applied, findings, notes } = await databaseStatus(client, root, sources);
    if (values.json) return print(JSON.stringify({ applied, findings, notes }), findings.length === 0 ? 0 : 1);
    for (const { name, detail } of notes) console.log(`note: ${name} ${detail}`);
    for (const { kind, name, detail } of findings)
      console.log(`${kind.toUpperCase()} ${name}: ${detail}\n  -> ${ADVICE[kind]}`);
    return print(`${applied} migrations applied, ${findings.length} findings`, findings.length === 0 ? 0 : 1);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function print(line: string, code: number): number {
  console.log(line);
  return code;
}

await runCommand({ name: 'db:status', usage: USAGE, options: OPTIONS, failed: 3 }, main);
