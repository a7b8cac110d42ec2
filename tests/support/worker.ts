import { spawn } from 'node:child_process';
import { freePort } from './postgres/postgres.ts';
import { bareEnvironment } from './host.ts';

/** A real worker process. Disposing of it kills it. */
export interface TestWorker extends AsyncDisposable {
  /** HTTP status of a probe, 0 when the port does not answer. */
  probe(path: string): Promise<number>;
  output(): string;
  /** Sends a signal and waits for the end. @returns the exit code, null when the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export const TEST_SECRET = 'only-for-tests-only-for-tests-only-for-tests';

/** Starts `node worker/main.ts` on a database; returns when it takes jobs, or at once with `ready: false`. */
export async function startWorker(databaseUrl: string, { ready = true } = {}): Promise<TestWorker> {
  const port = await freePort();
  const child = spawn(process.execPath, ['worker/main.ts'], {
    env: bareEnvironment({ DATABASE_URL: databaseUrl, NEXTAUTH_SECRET: TEST_SECRET, WORKER_PORT: String(port) }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => words.push(String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const worker: TestWorker = {
    probe: (path) =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        ({ status }) => status,
        () => 0,
      ),
    output: () => words.join(''),
    end(signal) {
      child.kill(signal);
      return ended;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await worker.end('SIGKILL');
    },
  };
  if (ready)
    await until(
      async () => (await worker.probe('/ready')) === 200,
      () => worker.output(),
    );
  return worker;
}

/** Waits for something to become true; only how long a broken test hangs is bounded, not how fast it must be. */
export async function until(
  holds: () => Promise<boolean>,
  story: () => string = () => '',
  limitMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`still waiting after ${limitMs} ms\n${story().slice(-4000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
