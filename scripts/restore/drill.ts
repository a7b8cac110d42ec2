/**
 * `npm run restore:drill`: tests a backup: restores it into a temporary server, which includes `db:status` and `audit:verify`, signs in
 * there, and reports the data loss (RPO) and the duration (RTO).
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMANDS } from '#lib/release/contract.ts';
import { prepareDatabase, type DatabaseUrls } from '../../tests/support/postgres/named-database.ts';
import { startProcess } from '../../tests/support/process/processes.ts';
import { runCommand, type Given } from '../support/run-command.ts';
import { makeSecrets, seedEnv } from '../../tests/support/process/secrets.ts';
import { startTestCluster } from '../../tests/support/postgres/test-cluster.ts';

const USAGE = `npm run restore:drill -- [FILE] [--json]

  FILE      a backup with its manifest; without one a backup of DATABASE_URL is made now,
            and without DATABASE_URL of a database with demo data
Exit: 0 the restored database works, 1 it does not, 2 wrong usage. Needs a build: npm run build`;

interface Step {
  name: string;
  ms: number;
}

/** Variables that refer to another server than the temporary one. */
const OWN_SERVER = {
  NODE_ENV: undefined,
  DATABASE_CA_CERT: undefined,
  WORKER_DATABASE_URL: undefined,
  DATABASE_APP_ROLE: undefined,
};

const OPTIONS = { json: { type: 'boolean', default: false } } as const;

async function main({ values, positionals }: Given<typeof OPTIONS>): Promise<number> {
  const steps: Step[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'golive-drill-'));
  await using running = new AsyncDisposableStack();
  running.defer(() => rm(folder, { recursive: true, force: true }));
  const secrets = makeSecrets();
  const step = async (name: string, command: string, env: Record<string, string | undefined> = {}) => {
    const started = performance.now();
    const process = startProcess('sh', ['-c', command], { env: { ...OWN_SERVER, ...env } });
    if ((await process.ended) !== 0) throw new Error(`${name} failed:\n${process.output()}`);
    steps.push({ name, ms: Math.round(performance.now() - started) });
    if (!values.json) console.log(`ok  ${name} (${steps.at(-1)?.ms} ms)`);
  };

  const cluster = await startTestCluster(clientMajor() >= 17 ? 17 : 15, { durable: true });
  running.defer(() => cluster.stop());
  const drillStarted = Date.now();
  const file = positionals[0] ?? join(folder, 'drill.dump');
  if (positionals[0] === undefined) {
    const source = sourceUrls() ?? (await prepareDatabase(cluster, 'source', secrets));
    if (sourceUrls() === undefined) {
      await step('migrate the demo source', COMMANDS.migrate, { ...source });
      await step('fill the demo source', 'node prisma/seed.ts --demo-events', {
        ...source,
        ...seedEnv(secrets.accounts),
      });
    }
    const DATABASE_CA_CERT = sourceUrls() === undefined ? undefined : process.env.DATABASE_CA_CERT;
    await step('backup', `./scripts/backup.sh ${file}`, { ...source, DATABASE_CA_CERT });
  }
  const target = await prepareDatabase(cluster, 'restored', secrets);
  const environment = { ...target, NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET ?? randomBytes(32).toString('base64') };
  await step('restore, db:status, audit:verify', `./scripts/restore.sh ${file}`, environment);
  await step('smoke:nextauth-db', 'npm run --silent smoke:nextauth-db', environment);

  const manifest = JSON.parse(await readFile(`${file}.manifest.json`, 'utf8')) as { startedAt: string; bytes: number };
  const rto = steps.filter(({ name }) => /^(restore|smoke)/.test(name)).reduce((sum, { ms }) => sum + ms, 0);
  // RPO: data written after the snapshot of the backup is lost.
  const rpo = Math.max(0, drillStarted - Date.parse(manifest.startedAt));
  const report = { rpo_s: Math.round(rpo / 1000), rto_s: Math.round(rto / 100) / 10, bytes: manifest.bytes, steps };
  console.log(
    values.json
      ? JSON.stringify(report)
      : `RPO ${report.rpo_s} s (age of the backup), RTO ${report.rto_s} s (restore and checks)`,
  );
  return 0;
}

function sourceUrls(): DatabaseUrls | undefined {
  const { DATABASE_URL, MIGRATE_DATABASE_URL } = process.env;
  return DATABASE_URL ? { DATABASE_URL, MIGRATE_DATABASE_URL: MIGRATE_DATABASE_URL ?? DATABASE_URL } : undefined;
}

function clientMajor(): number {
  const version = execFileSync('pg_restore', ['--version'], { encoding: 'utf8' });
  return Number(/(\d+)/.exec(version)?.[1] ?? 0);
}

await runCommand({ name: 'restore:drill', usage: USAGE, options: OPTIONS, positionals: true }, main);
