import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { processTable } from '../../support/process/process-table.ts';
import { bareEnvironment } from '../../support/host.ts';
import type { Site } from './test.ts';

/** Starts a command of the contract as a platform does. SIGTERM goes to its first process alone, which is npm. */
export function startAsPlatform(command: string, { urls }: Site, env: Record<string, string>) {
  const [program = '', ...args] = command.split(' ');
  const secret = 'of-a-server-that-only-one-test-has-started';
  const child = spawn(program, args, {
    env: bareEnvironment({
      NODE_ENV: 'production',
      DATABASE_URL: urls.DATABASE_URL,
      NEXTAUTH_SECRET: secret,
      ...env,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const group = child.pid ?? 0;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const left = async () =>
    (await processTable()).filter((entry) => entry.group === group).map((entry) => entry.command);
  return {
    output: () => output,
    ended,
    /** @param whole the group as well: then what npm started hears it twice. */
    terminate: ({ whole = false } = {}) => {
      if (whole) process.kill(-group, 'SIGTERM');
      else process.kill(group, 'SIGTERM');
    },
    left,
    async [Symbol.asyncDispose]() {
      if ((await left()).length > 0) process.kill(-group, 'SIGKILL');
    },
  };
}

/** Asks on a connection of its own: one that is kept alive would be served until it falls idle. */
export const answers = (url: string) =>
  new Promise<boolean>((resolve) => {
    get(url, { agent: false }, (response) => resolve(response.resume().statusCode === 200)).on('error', () =>
      resolve(false),
    );
  });
