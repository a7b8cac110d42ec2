import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openClient } from '#lib/db/client.ts';
import { serverFiles, serverUser, type RunAs } from './postgres-files.ts';

/** A running embedded server. `url(name)` is the superuser's URL of one of its databases. */
export interface Cluster {
  port: number;
  pid: number;
  url(database?: string): string;
  stop(): Promise<void>;
}

interface ClusterOptions {
  /** Data directory; made when it does not hold a cluster yet. */
  dir: string;
  /** 17 is what we run; 15 is the oldest server the data layer supports. */
  major?: 15 | 17;
  port?: number;
  password?: string;
  /** Name of the bootstrap superuser; default `postgres`. */
  superuser?: string | undefined;
  /** Delete the directory on stop: for tests. */
  temporary?: boolean;
  /** Ignore Ctrl-C of the terminal, so that the caller can stop the server last. */
  ownGroup?: boolean;
  /** Extra `-c name=value` settings. */
  settings?: Record<string, string>;
}

/** After this long, in milliseconds, a stopping server is killed; it recovers at its next start. */
const STOP_MS = 10_000;
const READY = 'database system is ready to accept connections';

/** An unused TCP port. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts PostgreSQL from the npm package, creating the cluster if needed. The package's own starter is not used, because it exits on
 * signals before an ordered shutdown. @throws with the server's last output when it does not start.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const port = options.port ?? (await freePort());
  const password = options.password ?? randomBytes(12).toString('hex');
  const superuser = options.superuser ?? 'postgres';
  const user = serverUser();
  const files = await serverFiles(options.major ?? 17, user);
  if (!existsSync(join(options.dir, 'PG_VERSION'))) await initialise(files, options.dir, { superuser, password }, user);
  const child = await start(files, port, options, user);
  return {
    port,
    pid: child.pid ?? 0,
    url: (database = 'postgres') => `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`,
    async stop() {
      await end(child);
      if (options.temporary) await rm(options.dir, { recursive: true, force: true });
    },
  };
}

/** Creates a cluster in a temporary folder and renames it, so that an interruption leaves no partial cluster. */
async function initialise(
  files: string,
  dir: string,
  { superuser, password }: { superuser: string; password: string },
  user: RunAs | undefined,
): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const half = `${dir}.new`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { mode: 0o700 });
  const secret = await mkdtemp(join(tmpdir(), 'golive-initdb-'));
  const passwordFile = join(secret, 'password');
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (user) for (const path of [half, secret, passwordFile]) await chown(path, user.uid, user.gid);
    const made = spawnSync(
      join(files, 'bin', 'initdb'),
      [
        '-D',
        half,
        '-U',
        superuser,
        '--pwfile',
        passwordFile,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C.UTF-8',
      ],
      { ...user, cwd: '/', encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`initdb failed for ${dir}:\n${lastLines(`${made.stdout}\n${made.stderr}`)}`);
    await rename(half, dir);
  } finally {
    await rm(secret, { recursive: true, force: true });
    await rm(half, { recursive: true, force: true });
  }
}

function start(files: string, port: number, options: ClusterOptions, user: RunAs | undefined): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    lc_messages: 'C',
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(files, 'bin', 'postgres'), ['-D', options.dir, '-p', String(port), ...flags], {
    ...user,
    cwd: '/',
    detached: options.ownGroup === true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let words = '';
    const refuse = () => reject(new Error(`PostgreSQL did not start in ${options.dir}:\n${lastLines(words)}`));
    child.on('error', refuse);
    child.on('exit', refuse);
    // Keeps reading, because a full pipe would block the server.
    child.stderr?.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-4_000);
      if (words.includes(READY)) resolve(child);
    });
  });
}

const lastLines = (text: string) => text.trim().split('\n').slice(-8).join('\n');

/** Fast shutdown: disconnects sessions, keeps committed data. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_MS);
  await gone;
  clearTimeout(timer);
}

/** Runs one statement on its own connection, for set-up work like CREATE DATABASE. */
export async function execute(url: string, ...statements: string[]): Promise<void> {
  const client = await openClient(url);
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
