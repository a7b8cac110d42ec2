import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ROLES } from '#lib/access/permissions.ts';
import { COMMANDS } from '#lib/release/contract.ts';
import { emailOf, NOT_SEEDED } from '#prisma/demo-accounts.ts';
import { isBuilt } from '../checks/build.ts';
import { commitOf } from './commit.ts';
import { prepareDatabase } from '../../../../tests/support/postgres/named-database.ts';
import type { FolderLock } from './folder-lock.ts';
import { checkExternalDatabase } from './external-database.ts';
import { waitUntilHealthy } from '../../../../tests/support/process/health.ts';
import { freePort, startCluster } from '../../../../tests/support/postgres/postgres.ts';
import { reachableFolder } from '../../../../tests/support/postgres/postgres-files.ts';
import { startProcess, type Running } from '../../../../tests/support/process/processes.ts';
import type { Progress } from './progress.ts';
import { seedEnv, type Secrets } from '../../../../tests/support/process/secrets.ts';

export interface InstallationOptions {
  mode: 'production' | 'development';
  /** Listen address of web and worker. */
  host: string;
  port: number;
  /** Folder of data, secrets and logs of this checkout. */
  folder: string;
  demoEvents: boolean;
}

type Environment = Record<string, string | undefined>;

/**
 * The processes that `up` starts, in start order; `stack` stops them in reverse. Each method is a progress step and ends when `signal` is
 * aborted.
 */
export class Installation {
  readonly #wishes: InstallationOptions;
  readonly #progress: Progress;
  readonly #lock: FolderLock;
  readonly #stack: AsyncDisposableStack;
  readonly #signal: AbortSignal;
  #environment: Environment = {};

  constructor(
    wishes: InstallationOptions,
    tools: { progress: Progress; lock: FolderLock; stack: AsyncDisposableStack; signal: AbortSignal },
  ) {
    this.#wishes = wishes;
    this.#progress = tools.progress;
    this.#lock = tools.lock;
    this.#stack = tools.stack;
    this.#signal = tools.signal;
  }

  get origin(): string {
    return `http://localhost:${this.#wishes.port}`;
  }

  /** The server of DATABASE_URL, or an embedded one. */
  async database(secrets: Secrets): Promise<void> {
    await this.#step('database', async () => {
      if (process.env.DATABASE_URL) {
        await checkExternalDatabase();
        return 'of DATABASE_URL';
      }
      const dir = await reachableFolder(join(this.#wishes.folder, 'postgres'));
      const cluster = await startCluster({ dir, password: secrets.superuser, ownGroup: true });
      this.#stack.defer(() => cluster.stop());
      await this.#lock.note(cluster.pid, 'SIGINT');
      this.#environment = { ...(await prepareDatabase(cluster, 'golive', secrets)) };
      return `PostgreSQL 17 on port ${cluster.port}, data in ${dir}`;
    });
  }

  async migrate(): Promise<void> {
    await this.#step('migrate', () => this.#complete(COMMANDS.migrate, this.#environment));
  }

  /** Creates the demo accounts, unless an external database already has users. @returns true if the demo accounts exist. */
  async seed(accounts: Secrets['accounts']): Promise<boolean> {
    const care = process.env.DATABASE_URL ? ' --if-empty' : '';
    const command = `node prisma/seed.ts${care}${this.#wishes.demoEvents ? ' --demo-events' : ''}`;
    const code = await this.#step(
      'seed',
      () => this.#complete(command, { ...this.#environment, ...seedEnv(accounts) }, [0, NOT_SEEDED]),
      (ended) => (ended === NOT_SEEDED ? 'the database has people: not seeded' : ''),
    );
    return code === 0;
  }

  async build(secrets: Secrets): Promise<void> {
    await this.#step('build', async () => {
      if (await isBuilt()) return 'nothing has changed';
      await this.#complete('node scripts/dev/build-changed.ts', actionsKey(secrets));
      return undefined;
    });
  }

  /** Starts the web server and the worker; resolves when both are healthy. */
  async serve(secrets: Secrets): Promise<Running[]> {
    const env: Environment = {
      ...this.#environment,
      ...actionsKey(secrets),
      NODE_ENV: this.#wishes.mode,
      NEXT_TELEMETRY_DISABLED: '1',
      PORT: String(this.#wishes.port),
      NEXTAUTH_URL: process.env.NEXTAUTH_URL ?? this.origin,
      GIT_COMMIT: process.env.GIT_COMMIT ?? (await commitOf(process.cwd())),
      NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET ?? secrets.nextAuth,
      AUDIT_SIGNING_KEY: process.env.AUDIT_SIGNING_KEY ?? secrets.auditSigning,
    };
    const { mode, host, port } = this.#wishes;
    const command = mode === 'production' ? `${COMMANDS.start} -- -H ${host}` : `next dev -p ${port} -H ${host}`;
    const web = await this.#serve('web', command, env, originOf(reachable(host), port));
    // The worker's default port may be used by another installation.
    const workerPort = process.env.WORKER_PORT ?? String(await freePort());
    const workerEnv = { ...env, WORKER_HOST: host, WORKER_PORT: workerPort };
    const worker = await this.#serve(
      'worker',
      COMMANDS.worker,
      workerEnv,
      originOf(reachable(host), workerPort),
      '/ready',
    );
    return [web, worker];
  }

  /** Starts a server and waits until it is healthy. */
  #serve(name: string, command: string, env: Environment, origin: string, path?: string): Promise<Running> {
    return this.#step(name, async () => {
      const server = await this.#start(name, command, env);
      const aborted = new Promise<never>((_, reject) =>
        this.#signal.addEventListener('abort', () => reject(this.#signal.reason as Error)),
      );
      await Promise.race([waitUntilHealthy(origin, server, path), aborted]);
      return server;
    });
  }

  async #step<T>(
    name: string,
    run: () => Promise<T>,
    remark: (value: T) => string = (value) => (typeof value === 'string' ? value : ''),
  ): Promise<T> {
    this.#signal.throwIfAborted();
    const value = await this.#progress.step(name, run, remark);
    this.#signal.throwIfAborted();
    return value;
  }

  async #start(name: string, command: string, env: Environment): Promise<Running> {
    const output = this.#wishes.mode === 'production' ? join(this.#wishes.folder, `${name}.log`) : 'show';
    const started = startProcess('sh', ['-c', command], { env, output });
    this.#stack.defer(() => started.stop());
    await this.#lock.note(started.pid);
    return started;
  }

  /** Runs a command and checks its exit code; stops it when the signal is aborted. */
  async #complete(command: string, env: Environment = {}, codes: readonly number[] = [0]): Promise<number> {
    const running = startProcess('sh', ['-c', command], { env });
    const stop = () => void running.stop();
    this.#signal.addEventListener('abort', stop);
    await this.#lock.note(running.pid);
    const code = await running.ended;
    this.#signal.removeEventListener('abort', stop);
    this.#signal.throwIfAborted();
    if (!codes.includes(code)) throw new Error(`"${command}" ended with exit code ${code}:\n${running.output()}`);
    return code;
  }
}

/** The server actions encryption key. */
const actionsKey = ({ serverActions }: Secrets): Environment => ({
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY ?? serverActions,
});

/** The connect address of a listen address; a wildcard becomes localhost. */
const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host);

const originOf = (host: string, port: number | string): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Deletes the data of an embedded installation. */
export async function wipe(folder: string): Promise<void> {
  await rm(await reachableFolder(join(folder, 'postgres')), { recursive: true, force: true });
  await rm(join(folder, 'secrets.json'), { force: true });
}

/** Prints the URL and the demo accounts. */
export function summary(origin: string, accounts?: Secrets['accounts']): string {
  const rows = accounts ? ROLES.map((role) => `  ${role.padEnd(8)} ${emailOf(role).padEnd(22)} ${accounts[role]}`) : [];
  return ['', origin, '', ...rows, ...(accounts ? [''] : []), 'Ctrl-C stops everything.'].join('\n');
}
