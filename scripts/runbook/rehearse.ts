/**
 * `npm run runbook:rehearse`: the local steps of docs/PROD_RUNBOOK.md, in order, against a new database and the built app, with durations:
 * migrate, first admins, smoke with worker and agent, drift and repair, both quick rollbacks, prune, 24-hour checklist, backup and restore.
 */
import { ROLES } from '#lib/access/permissions.ts';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMANDS } from '#lib/release/contract.ts';
import { emailOf } from '#prisma/demo-accounts.ts';
import type { DatabaseUrls } from '../../tests/support/postgres/named-database.ts';
import { waitUntilHealthy } from '../../tests/support/process/health.ts';
import { isShape, SHAPES, startHosted } from '../../tests/support/hosted/shapes.ts';
import { execute, freePort } from '../../tests/support/postgres/postgres.ts';
import { startProcess, type Running } from '../../tests/support/process/processes.ts';
import { newAgentKey, rehearseWorker } from '../../tests/support/rehearsal-worker.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';
import { makeSecrets, seedEnv, type Secrets } from '../../tests/support/process/secrets.ts';
import { reportUnchecked } from '../../tests/support/process/unchecked.ts';

const USAGE = `npm run runbook:rehearse -- [--short] [--shape ${SHAPES.join('|')}]    needs a build (npm run build)
  --short   leaves out the restore
  --shape   a server as it stands alone (default), or shaped like a hosted one: its roles, rights by default, pooler and encryption
Exit: 0 every step did what the runbook says, 1 one did not, 2 wrong use.`;

interface Stage {
  urls: DatabaseUrls;
  /** The superuser's URL, for steps outside of our commands. */
  outside: string;
  /** An empty database for the restore. */
  beside: DatabaseUrls;
  secrets: Secrets;
  origin: string;
  env: Record<string, string>;
  folder: string;
}

type Step = [name: string, run: (stage: Stage) => Promise<void>];

const STEPS: Step[] = [
  ['0. preflight of the variables', preflight],
  ['5. migrations', (stage) => shell(stage, COMMANDS.migrate)],
  ['5. db:status finds nothing', (stage) => shell(stage, 'npm run --silent db:status')],
  ['3. accounts, and the list of admins says when there are too few', admins],
  ['4. smoke, whole: with a worker and an agent’s event', completeSmoke],
  ['Worker: ends on SIGTERM, starts again and says no error', restartWorker],
  ['5. drift: a lost index is named, and the standalone file brings it back', drift],
  ['Quick rollback A: a wrong NEXTAUTH_URL breaks the smoke, the old one fixes it', rollbackOrigin],
  ['Quick rollback B: a release that is not healthy is named, the one before serves', rollbackRelease],
  ['Quick rollback B: after it the database is ahead, and the app still healthy', ahead],
  ['Daily prune: dry, then real', prune],
  ['The day after: checklist:24h answers', (stage) => shell(stage, 'npm run --silent checklist:24h', [0, 1])],
  ['Backup', (stage) => shell(stage, `./scripts/backup.sh ${join(stage.folder, 'rehearsal.dump')}`)],
];

const LONG: Step[] = [
  ['Restore into an empty database of the same server', restoreBeside],
  ['Restore over the database itself, when its host and name are typed', restoreOver],
  [
    'Restore drill with that backup',
    (stage) => shell(stage, `npm run --silent restore:drill -- ${join(stage.folder, 'rehearsal.dump')}`),
  ],
];

const OPTIONS = { short: { type: 'boolean', default: false }, shape: { type: 'string', default: 'plain' } } as const;

async function main({ values: { short, shape } }: Given<typeof OPTIONS>): Promise<number> {
  if (!isShape(shape)) throw new WrongUsage(`there is no shape "${shape}": ${SHAPES.join(', ')}`);
  if (spawnSync('pg_dump', ['--version']).status !== 0) {
    const why = 'pg_dump and psql are not here (Debian: postgresql-client)';
    reportUnchecked('the local steps of the runbook', why);
    console.log(`not rehearsed: ${why}`);
    return 0;
  }
  const folder = await mkdtemp(join(tmpdir(), 'golive-rehearsal-'));
  await using running = new AsyncDisposableStack();
  running.defer(() => rm(folder, { recursive: true, force: true }));
  // The client tools do not support newer servers.
  const client = Number(/(\d+)/.exec(execFileSync('pg_dump', ['--version'], { encoding: 'utf8' }))?.[1] ?? 0);
  const secrets = makeSecrets();
  const cluster = await startHosted(shape, client >= 17 ? 17 : 15, secrets);
  running.defer(() => cluster.stop());
  const urls = await cluster.create('rehearsal');
  const beside = await cluster.create('rehearsal_restored');
  const origin = `http://127.0.0.1:${await freePort()}`;
  const env = { ...urls, ...cluster.environment, NEXTAUTH_SECRET: secrets.nextAuth };
  const stage: Stage = { urls, outside: cluster.superuserUrl('rehearsal'), beside, secrets, origin, folder, env };
  const steps = short ? STEPS : [...STEPS, ...LONG];
  for (const [name, run] of steps) {
    const started = performance.now();
    try {
      await run(stage);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
    console.log(`ok  ${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${name}`);
  }
  console.log(`${steps.length} steps did what the runbook says`);
  return 0;
}

/** Runs a command of the runbook and checks its exit code. */
async function shell({ env }: Stage, command: string, codes = [0], more: Record<string, string> = {}): Promise<void> {
  const process = startProcess('sh', ['-c', command], { env: { ...env, ...more } });
  const code = await process.ended;
  if (!codes.includes(code)) throw new Error(`"${command}" ended with ${code}:\n${process.output()}`);
}

async function preflight(stage: Stage): Promise<void> {
  const checks = 'environment,secret,database-url,lock-file,contract';
  const env = { NODE_ENV: 'production', NEXTAUTH_URL: 'https://app.example.org', TRUSTED_PROXY_COUNT: '0' };
  await shell(stage, `npm run --silent preflight:prod -- --only ${checks}`, [0], env);
  await shell(stage, 'npm run --silent preflight:prod -- --only environment', [1], { ...env, DEV_ADMIN: 'true' });
}

async function admins(stage: Stage): Promise<void> {
  await shell(stage, 'node prisma/seed.ts --demo-events', [0], seedEnv(stage.secrets.accounts));
  await shell(stage, 'npm run --silent admin:list', [1]);
}

async function withWeb(
  stage: Stage,
  env: Record<string, string>,
  use: (origin: string, web: Running) => Promise<void>,
) {
  const port = new URL(stage.origin).port;
  const web = startProcess('sh', ['-c', COMMANDS.start], {
    env: { ...stage.env, NODE_ENV: 'production', PORT: port, NEXTAUTH_URL: stage.origin, ...env },
  });
  try {
    await use(stage.origin, web);
  } finally {
    await web.stop();
  }
}

/** No check may be skipped. */
function completeSmoke(stage: Stage): Promise<void> {
  return withWeb(stage, {}, async (origin, web) => {
    await waitUntilHealthy(origin, web);
    await using worker = await rehearseWorker(stage.env);
    const SMOKE_AGENT_KEY = await newAgentKey(stage.urls.DATABASE_URL, stage.env.DATABASE_CA_CERT);
    await smoke(stage, origin, web, ' --json | grep \'"failed":0,"skipped":0\'', { SMOKE_AGENT_KEY });
    await worker.stop();
  });
}

async function restartWorker(stage: Stage): Promise<void> {
  for (let start = 0; start < 2; start++) {
    await using worker = await rehearseWorker(stage.env);
    await worker.stop();
  }
}

async function smoke(
  stage: Stage,
  origin: string,
  web?: Running,
  rest = '',
  more: Record<string, string> = {},
): Promise<void> {
  if (web !== undefined) await waitUntilHealthy(origin, web);
  const accounts = ROLES.flatMap((role) => [
    [`SMOKE_${role.toUpperCase()}_EMAIL`, emailOf(role)],
    [`SMOKE_${role.toUpperCase()}_PASSWORD`, stage.secrets.accounts[role]],
  ]);
  await shell(stage, `npm run --silent smoke -- --origin ${origin}${rest}`, [0], {
    ...(Object.fromEntries(accounts) as Record<string, string>),
    ...more,
  });
}

async function drift(stage: Stage): Promise<void> {
  await execute(stage.outside, 'DROP INDEX audit_keyset_idx');
  await shell(stage, 'npm run --silent db:status', [1]);
  await shell(stage, 'psql -v ON_ERROR_STOP=1 "$MIGRATE_DATABASE_URL" -f docs/ops/audit_keyset_index_standalone.sql');
  await shell(stage, 'npm run --silent db:status');
}

async function rollbackOrigin(stage: Stage): Promise<void> {
  await withWeb(stage, { NEXTAUTH_URL: 'https://wrong.example.org' }, async (origin, web) => {
    await waitUntilHealthy(origin, web);
    await expectFailure(() => smoke(stage, origin, web), 'the smoke passed with a wrong NEXTAUTH_URL');
  });
  await withWeb(stage, {}, (origin, web) => smoke(stage, origin, web));
}

async function rollbackRelease(stage: Stage): Promise<void> {
  await withWeb(stage, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, (origin) =>
    expectFailure(
      () => shell(stage, `npm run --silent smoke -- --origin ${origin} --public`),
      'a release without its database passed the smoke',
    ),
  );
  await withWeb(stage, {}, (origin, web) => smoke(stage, origin, web));
}

/** Simulates the state after a rollback: a migration unknown to this release. */
async function ahead(stage: Stage): Promise<void> {
  await execute(
    stage.outside,
    `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
     VALUES (gen_random_uuid()::text, '', '29990101000000_later', now(), 1)`,
  );
  await shell(stage, 'npm run --silent db:status | grep -i ahead');
  await withWeb(stage, {}, (origin, web) => waitUntilHealthy(origin, web));
  await execute(stage.outside, `DELETE FROM "_prisma_migrations" WHERE migration_name = '29990101000000_later'`);
}

async function prune(stage: Stage): Promise<void> {
  await shell(stage, 'npm run --silent audit:prune:dry');
  await shell(stage, COMMANDS.prune);
}

/** The backup runs without superuser rights and restores the app's grants. */
async function restoreBeside(stage: Stage): Promise<void> {
  const { folder, beside } = stage;
  await shell({ ...stage, env: { ...stage.env, ...beside } }, `./scripts/restore.sh ${join(folder, 'rehearsal.dump')}`);
  await withWeb({ ...stage, env: { ...stage.env, ...beside } }, {}, (origin, web) => smoke(stage, origin, web));
}

async function restoreOver(stage: Stage): Promise<void> {
  const { host, pathname } = new URL(stage.urls.MIGRATE_DATABASE_URL);
  const command = `./scripts/restore.sh ${join(stage.folder, 'rehearsal.dump')}`;
  await shell(stage, command, [5]);
  await shell(stage, `${command} --confirm ${host}${pathname}`);
  await withWeb(stage, {}, (origin, web) => smoke(stage, origin, web));
}

async function expectFailure(attempt: () => Promise<void>, otherwise: string): Promise<void> {
  const failed = await attempt().then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error(otherwise);
}

await runCommand({ name: 'runbook:rehearse', usage: USAGE, options: OPTIONS }, main);
