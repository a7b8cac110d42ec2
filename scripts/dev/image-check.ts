/**
 * `npm run image:check`: performs the steps of infra/image/Dockerfile in folders, runs every process of the release contract and every
 * program of the migrator from these files only, as a user without write access, and runs the smoke checks.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROCESS_TABLE, TIMING, type Process } from '#lib/release/contract.ts';
import { MIGRATOR_PROGRAMS, type MigratorProgram } from '../../infra/image/programs.ts';
import { prepareDatabase } from '../../tests/support/postgres/named-database.ts';
import { waitUntilHealthy } from '../../tests/support/process/health.ts';
import { openImageFiles, sizeOf } from './support/image/image-files.ts';
import { fillDatabase, OLD_EVENTS, smokeEnv } from './support/image/image-fixtures.ts';
import { freePort } from '../../tests/support/postgres/postgres.ts';
import { startProcess, type Running } from '../../tests/support/process/processes.ts';
import { runCommand, type Given } from '../support/run-command.ts';
import { makeSecrets, seedEnv } from '../../tests/support/process/secrets.ts';
import { startTestCluster } from '../../tests/support/postgres/test-cluster.ts';

const USAGE = `npm run image:check [-- --json]
Builds if the last build was made from other sources.
Exit: 0 the images would work, 1 they would not, 2 wrong use.`;
/** Maximum size of the runner's files in bytes. */
const RUNNER_LIMIT = 300 * 1024 ** 2;
const COMMIT = 'c'.repeat(40);
/** Between the minimum retention and the age of the old events. */
const RETENTION_DAYS = '150';

const OPTIONS = { json: { type: 'boolean', default: false } } as const;

/** Arguments of the migrator's programs; each must exit 0. */
const ARGUMENTS: Record<MigratorProgram, readonly string[]> = {
  'scripts/db/pg/migrate.ts': [],
  'scripts/db/status.ts': [],
  'scripts/release/record.ts': [
    JSON.stringify({ id: 'image-check', kind: 'deploy', of: '', commit: COMMIT, verdict: 'succeeded', by: 'nobody' }),
  ],
  'scripts/admin/create.ts': ['--email', 'second@example.org'],
  'scripts/admin/list.ts': ['--json'],
  'scripts/audit/verify.ts': ['--full'],
};

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const report = (line: string) => (values.json ? undefined : console.log(line));
  const folder = await mkdtemp(join(tmpdir(), 'golive-image-'));
  await chmod(folder, 0o755);
  await using running = new AsyncDisposableStack();
  running.defer(() => rm(folder, { recursive: true, force: true }));

  await complete('build', ['node', 'scripts/dev/build-changed.ts']);
  for (const target of ['runner', 'migrator'])
    await complete(target, ['node', 'infra/image/assemble.ts', target, join(folder, target)]);
  const sizes = { runner: await sizeOf(join(folder, 'runner')), migrator: await sizeOf(join(folder, 'migrator')) };
  for (const [target, bytes] of Object.entries(sizes))
    report(`ok  ${target}: ${(bytes / 1024 ** 2).toFixed(1)} MB of files`);
  if (sizes.runner >= RUNNER_LIMIT) throw new Error(`the runner has ${sizes.runner} bytes, more than ${RUNNER_LIMIT}`);
  const files = await openImageFiles(folder);
  const start = (name: Process, env: Record<string, string>) => {
    const { target, command } = PROCESS_TABLE[name].image;
    return files.start(target, command, env);
  };

  const secrets = makeSecrets();
  const cluster = await startTestCluster();
  running.defer(() => cluster.stop());
  const urls = await prepareDatabase(cluster, 'golive', secrets);
  await finished('migrate', start('migrate', { ...urls }));
  report('ok  migrate: every migration applied from its own files');
  await complete('seed', ['node', 'prisma/seed.ts'], { ...urls, ...seedEnv(secrets.accounts) });
  const { agentKey } = await fillDatabase(urls.DATABASE_URL, secrets.nextAuth);

  const environment = { DATABASE_URL: urls.DATABASE_URL, NEXTAUTH_SECRET: secrets.nextAuth, GIT_COMMIT: COMMIT };
  const origin = `http://127.0.0.1:${await freePort()}`;
  const started = performance.now();
  const web = start('web', { ...environment, PORT: new URL(origin).port, NEXTAUTH_URL: origin });
  running.defer(() => web.stop());
  await waitUntilHealthy(origin, web);
  const bootMs = Math.round(performance.now() - started);
  report(`ok  web: healthy after ${bootMs} ms`);
  await checkKeepAlive(origin);
  const worker = start('worker', { ...environment, WORKER_PORT: String(await freePort()) });
  running.defer(() => worker.stop());
  const smoke = ['node', 'scripts/smoke.ts', '--origin', origin, '--commit', COMMIT];
  report(await complete('smoke', smoke, smokeEnv(secrets.accounts, agentKey)));

  const archives = join(files.scratch, 'archives');
  await mkdir(archives, { mode: 0o777 });
  await chmod(archives, 0o777);
  const pruning = { ...environment, AUDIT_RETENTION_DAYS: RETENTION_DAYS, AUDIT_ARCHIVE_DIR: archives };
  const pruned = await finished('prune', start('prune', pruning));
  if (!new RegExp(`pruned: ${OLD_EVENTS} events, .* [1-9]\\d* archives`).test(pruned))
    throw new Error(`prune removed something else than the ${OLD_EVENTS} old events:\n${pruned}`);
  report(`ok  ${pruned.split('\n').at(-1)}`);
  for (const program of MIGRATOR_PROGRAMS) {
    const command = ['node', program, ...ARGUMENTS[program]];
    await finished(program, files.start('migrator', command, { ...environment, ...urls, NEXTAUTH_URL: origin }));
    report(`ok  ${program}: ran and ended`);
  }
  for (const [name, process] of Object.entries({ web, worker })) await checkStop(name, process);
  report('ok  web and worker end on SIGTERM in time');
  console.log(JSON.stringify({ runner_bytes: sizes.runner, migrator_bytes: sizes.migrator, boot_ms: bootMs }));
  return 0;
}

async function checkKeepAlive(origin: string): Promise<void> {
  const { headers } = await fetch(`${origin}/api/health`);
  const seconds = Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1] ?? 0);
  if (seconds < TIMING.keepAlive) throw new Error(`connections are kept for ${seconds} s, not ${TIMING.keepAlive}`);
}

async function checkStop(name: string, process: Running): Promise<void> {
  const started = performance.now();
  await process.stop();
  const code = await process.ended;
  if (![0, 143].includes(code)) throw new Error(`${name} ended with ${code} on SIGTERM`);
  if (performance.now() - started > TIMING.drain * 1000) throw new Error(`${name} took longer than its drain to end`);
}

async function finished(name: string, process: Running): Promise<string> {
  const code = await process.ended;
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${process.output()}`);
  return process.output();
}

const complete = (name: string, [command = '', ...args]: string[], env: Record<string, string> = {}) =>
  finished(name, startProcess(command, args, { env }));

await runCommand({ name: 'image:check', usage: USAGE, options: OPTIONS }, main);
