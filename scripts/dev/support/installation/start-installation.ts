import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_PORT } from '#lib/release/contract.ts';
import { AlreadyRunning, FolderLock } from './folder-lock.ts';
import { Installation, summary, wipe, type InstallationOptions } from './installation.ts';
import { portProblem } from './port-check.ts';
import { progress } from './progress.ts';
import type { Running } from '../../../../tests/support/process/processes.ts';
import { loadSecrets } from '../../../../tests/support/process/secrets.ts';

const LOOPBACK = '127.0.0.1';

const EXIT = { done: 0, failed: 1, usage: 2, port: 3, running: 4, interrupted: 130 } as const;

export const OPTIONS_HELP = `  --port N        listen on another port (or set PORT; ${DEFAULT_PORT} otherwise)
  --host ADDRESS  the address to listen on; 127.0.0.1 otherwise, which this machine alone reaches. 0.0.0.0 is every one
  --reset         delete this checkout's database and passwords first
  --demo-events   also write a month of audit history, once

With DATABASE_URL set, that server is used instead of an embedded one; a database with people of its own is not seeded.
Passwords and logs are in .data/, and so is the database, unless root runs this where the user of PostgreSQL may not
enter: then it is in a folder below /var/lib/golive that the start names. GOLIVE_DATA_FOLDER names another folder than .data/.
Exit codes: 0 stopped by Ctrl-C, 1 a step failed, 2 wrong arguments, 3 the port is taken, 4 it is running already,
130 interrupted while starting.`;

type Options = InstallationOptions & { reset: boolean };

/**
 * Starts the app on this machine and runs until it is stopped.
 * @returns the exit code.
 */
export async function startInstallation(mode: InstallationOptions['mode'], usage: string): Promise<number> {
  const options = readOptions(mode, usage);
  if (typeof options === 'number') return options;
  const trouble = await portProblem(options.port);
  const interrupt = listenForInterrupt();
  try {
    await using stack = new AsyncDisposableStack();
    const { lock, ended } = await FolderLock.take(options.folder, interrupt);
    stack.defer(() => lock.release());
    if (ended > 0) console.log(`recovered  ... ended ${ended} process(es) of a run that was killed`);
    // A killed run may have just released the port.
    const taken = trouble && (await portProblem(options.port));
    if (taken) return refuse(taken, EXIT.port);
    return await run(options, { lock, stack, signal: interrupt });
  } catch (error) {
    if (error instanceof AlreadyRunning) return refuse(error.message, EXIT.running);
    if (interrupt.aborted) return refuse('stopped before it was up', EXIT.interrupted);
    return refuse((error as Error).message, EXIT.failed);
  }
}

async function run(
  options: Options,
  tools: { lock: FolderLock; stack: AsyncDisposableStack; signal: AbortSignal },
): Promise<number> {
  if (options.reset) await wipe(options.folder);
  const secrets = await loadSecrets(options.folder);
  const installation = new Installation(options, { ...tools, progress: progress() });
  await installation.database(secrets);
  await installation.migrate();
  const seeded = await installation.seed(secrets.accounts);
  if (options.mode === 'production') await installation.build(secrets);
  const running = await installation.serve(secrets);
  console.log(summary(installation.origin, seeded ? secrets.accounts : undefined));
  const ended = await untilEnd(running, tools.signal);
  if (ended === undefined) {
    console.log('stopping');
    return EXIT.done;
  }
  return refuse(`a server ended by itself with exit code ${ended}; its log is in ${options.folder}`, EXIT.failed);
}

/** Resolves on a stop request, or with the exit code of the first server that exits. */
function untilEnd(running: Running[], signal: AbortSignal): Promise<number | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined));
  });
  return Promise.race([stopped, ...running.map(({ ended }) => ended)]);
}

/** Aborted by SIGINT, SIGTERM, SIGHUP and the exit of the parent process. */
function listenForInterrupt(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, stop);
  // Unreferenced, so that it does not keep the process alive.
  process.channel?.unref();
  return controller.signal;
}

function readOptions(mode: InstallationOptions['mode'], usage: string): Options | number {
  try {
    const { values } = parseArgs({
      options: {
        host: { type: 'string', default: LOOPBACK },
        port: { type: 'string', default: process.env.PORT ?? String(DEFAULT_PORT) },
        reset: { type: 'boolean', default: false },
        'demo-events': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      return EXIT.done;
    }
    const port = readPort(values.port);
    if (port === undefined)
      return refuse(`"${values.port}" is not a port: --port, or PORT, takes 1 to 65535`, EXIT.usage);
    if (values.reset && process.env.DATABASE_URL) {
      return refuse('--reset deletes the embedded database only: unset DATABASE_URL', EXIT.usage);
    }
    // Tests start installations in parallel to the developer's.
    const folder = resolve(process.env.GOLIVE_DATA_FOLDER ?? '.data');
    if (!isIP(values.host))
      return refuse(`"${values.host}" is not an address: --host takes an IP address of this machine`, EXIT.usage);
    return { mode, host: values.host, port, folder, reset: values.reset, demoEvents: values['demo-events'] };
  } catch (error) {
    return refuse(`${(error as Error).message.split('\n', 1)[0]}; --help shows the usage`, EXIT.usage);
  }
}

/** A port in decimal digits only; Number accepts other forms. */
export function readPort(text: string): number | undefined {
  const port = Number(text);
  return /^\d+$/.test(text) && port >= 1 && port <= 65_535 ? port : undefined;
}

function refuse(line: string, code: number): number {
  console.error(`golive: ${line}`);
  return code;
}
