/**
 * `npm run image:check`: performs the steps of infra/image/Dockerfile into folders, starts migrator, web and worker from nothing but those
 * files, as an unprivileged user who can write to none of them, passes the smoke, and prints the sizes.
 */
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDb } from '#lib/db.ts';
import { issueKey } from '#lib/agents/key-admin.ts';
import { registerAgent } from '#lib/agents/registry.ts';
import { PROCESS_TABLE, TIMING, type Process } from '#lib/release/contract.ts';
import { emailOf } from '#prisma/demo-accounts.ts';
import { prepareDatabase } from './support/database.ts';
import { untilHealthy } from './support/health.ts';
import { freePort } from './support/postgres.ts';
import { startProcess, type Running } from './support/processes.ts';
import { runCommand, type Given } from './support/run-command.ts';
import { makeSecrets, seedEnv } from './support/secrets.ts';
import { startTestCluster } from './support/test-cluster.ts';

const USAGE = `npm run image:check -- [--no-build] [--json]    exit 0: the images would work, 1: they would not`;
/** What the runner's files may take, in bytes. */
const RUNNER_LIMIT = 300 * 1024 ** 2;
const COMMIT = 'c'.repeat(40);
const NOBODY = 65_534;

const OPTIONS = { 'no-build': { type: 'boolean' }, json: { type: 'boolean', default: false } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const say = (line: string) => (values.json ? undefined : console.log(line));
  const folder = await mkdtemp(join(tmpdir(), 'golive-image-'));
  await chmod(folder, 0o755);
  await using running = new AsyncDisposableStack();
  running.defer(() => rm(folder, { recursive: true, force: true }));

  if (!values['no-build']) await complete('build', ['npm', 'run', 'build'], { BUILD_STANDALONE: 'true' });
  for (const target of ['runner', 'migrator'])
    await complete(target, ['node', 'infra/image/assemble.ts', target, join(folder, target)]);
  const sizes = { runner: await sizeOf(join(folder, 'runner')), migrator: await sizeOf(join(folder, 'migrator')) };
  for (const [target, bytes] of Object.entries(sizes))
    say(`ok  ${target}: ${(bytes / 1024 ** 2).toFixed(1)} MB of files`);
  if (sizes.runner >= RUNNER_LIMIT) throw new Error(`the runner has ${sizes.runner} bytes, more than ${RUNNER_LIMIT}`);
  const image = await containerOf(folder);

  const secrets = makeSecrets();
  const cluster = await startTestCluster();
  running.defer(() => cluster.stop());
  const urls = await prepareDatabase(cluster, 'golive', secrets);
  await finished('migrate', image('migrate', { ...urls }));
  say('ok  migrator: every migration applied from its own files');
  await complete('seed', ['node', 'prisma/seed.ts'], { ...urls, ...seedEnv(secrets.accounts) });

  const environment = { DATABASE_URL: urls.DATABASE_URL, NEXTAUTH_SECRET: secrets.nextAuth, GIT_COMMIT: COMMIT };
  const [port, workerPort] = [await freePort(), await freePort()];
  const origin = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const web = image('web', { ...environment, PORT: String(port), NEXTAUTH_URL: origin });
  running.defer(() => web.stop());
  await untilHealthy(origin, web);
  const bootMs = Math.round(performance.now() - started);
  say(`ok  web: healthy after ${bootMs} ms`);
  await checkKeepAlive(origin);
  const worker = image('worker', { ...environment, WORKER_PORT: String(workerPort) });
  running.defer(() => worker.stop());
  const agentKey = await makeAgentKey(urls.DATABASE_URL, secrets.nextAuth);
  const accounts = (['admin', 'auditor', 'user'] as const).flatMap((role) => [
    [`SMOKE_${role.toUpperCase()}_EMAIL`, emailOf(role)],
    [`SMOKE_${role.toUpperCase()}_PASSWORD`, secrets.accounts[role]],
  ]);
  const smoke = ['node', 'scripts/smoke.ts', '--origin', origin, '--commit', COMMIT];
  say(
    await complete('smoke', smoke, {
      ...(Object.fromEntries(accounts) as Record<string, string>),
      SMOKE_AGENT_KEY: agentKey,
    }),
  );
  await finished('prune', image('prune', { ...environment, ...urls }));
  say('ok  prune: ran and ended');
  for (const [name, process] of Object.entries({ web, worker })) await checkStop(name, process);
  say('ok  web and worker end on SIGTERM in time');
  console.log(JSON.stringify({ runner_bytes: sizes.runner, migrator_bytes: sizes.migrator, boot_ms: bootMs }));
  return 0;
}

/** Starts a process of the contract from its image's files: same command, no more environment than a container has. */
async function containerOf(folder: string) {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await copyFile(process.execPath, join(bin, 'node'));
  await chmod(join(bin, 'node'), 0o755);
  await readOnly(folder);
  const asRoot = process.getuid?.() === 0;
  const scratch = join(folder, 'tmp');
  await mkdir(scratch);
  if (asRoot) await chown(scratch, NOBODY, NOBODY);
  const nothing = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
  const fixed = await dockerfileEnv();
  return (name: Process, env: Record<string, string>): Running => {
    const { target, command } = PROCESS_TABLE[name].image;
    const shell = `cd ${join(folder, target)} && exec ${command.join(' ')}`;
    const drop = asRoot
      ? ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', '--no-new-privs']
      : [];
    const [program = 'sh', ...args] = [...drop, 'sh', '-c', shell];
    // npm comes with the base image; its own folder is found beside the host's.
    const PATH = `${bin}:/usr/local/bin:/usr/bin:/bin`;
    return startProcess(program, args, {
      env: { ...nothing, ...fixed, PATH, TMPDIR: scratch, NPM_CONFIG_CACHE: scratch, ...env },
    });
  };
}

/** The ENV of the Dockerfile, read from it. */
async function dockerfileEnv(): Promise<Record<string, string>> {
  const text = (await readFile('infra/image/Dockerfile', 'utf8')).replace(/\\\n\s*/g, ' ');
  const pairs = /^ENV (.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  const all = pairs.map((pair) => pair.split('=', 2) as [string, string]);
  return Object.fromEntries(all.filter(([, value]) => !value.includes('$')));
}

async function readOnly(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o555);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o111 ? 0o555 : 0o444);
  }
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}

async function checkKeepAlive(origin: string): Promise<void> {
  const { headers } = await fetch(`${origin}/api/health`);
  const seconds = Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1] ?? 0);
  if (seconds < TIMING.keepAlive) throw new Error(`connections are kept for ${seconds} s, not ${TIMING.keepAlive}`);
}

async function makeAgentKey(url: string, secret: string): Promise<string> {
  process.env.NEXTAUTH_SECRET ??= secret;
  process.env.DATABASE_URL ??= url;
  const db = openDb(url);
  const act = {
    actor: { type: 'system', id: 'image-check', label: 'image-check' },
    origin: { source: 'cli' },
  } as const;
  try {
    const agent = await registerAgent(db, act, { name: 'smoke', description: '', eventsPerSecond: 100 });
    const key = agent.ok ? await issueKey(db, act, agent.value.id, 1) : agent;
    if (!key.ok) throw new Error(key.detail);
    return key.value.secret;
  } finally {
    await db.$disconnect();
  }
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
