import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { OPERATOR_PERMISSIONS, RELEASE_PERMISSIONS } from '../../../infra/release/permissions.ts';
import { EXIT } from '../../../infra/release/ecs/failure.ts';
import { invoke } from '../../../scripts/ecs/invoke.ts';
import { startStaging, type Staging } from '../fake/staging.ts';
import { REGION } from '../fake/state.ts';
import { bareEnvironment } from '../../support/host.ts';

export const A = 'a'.repeat(40);
export const B = 'b'.repeat(40);

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** One command line against the fake account, on its time. */
export async function ecs({ session }: Staging, ...[verb = '', ...rest]: string[]): Promise<Ended> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const ending = await invoke([verb, '--stack', 'staging', ...rest], {
    writeLine: (line) => void stdout.push(line),
    writeError: (line) => void stderr.push(line),
    // Whoever follows a log has seen enough after one look.
    interruption: () => AbortSignal.abort(),
    region: REGION,
    open: (_region, log) => ({ ...session, log }),
  });
  const text = (lines: string[]) => lines.map((line) => `${line}\n`).join('');
  return { code: EXIT[ending], stdout: text(stdout), stderr: text(stderr) };
}

/** `npm run ecs` as a person runs it: a process of its own, ten seconds of the account passing with every call. */
export function startProcess({ aws }: Staging, ...args: string[]) {
  aws.tick = 10_000;
  const env = bareEnvironment({
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'AKIAFAKE',
    AWS_SECRET_ACCESS_KEY: 'fake',
  });
  const child = spawn(process.execPath, ['scripts/ecs.ts', ...args, '--stack', 'staging', '--poll', '0.01'], { env });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (piece: string) => (out[name] += piece));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...out }));
  return { child, out, ended };
}

/** A stack that was deployed as A and then as B, and a person who may do everything. */
export async function released(): Promise<Staging> {
  const staging = await startStaging({ running: A, may: { ...RELEASE_PERMISSIONS, ...OPERATOR_PERMISSIONS } });
  const b = staging.build(B);
  await staging.put(b);
  await staging.remember(b);
  return staging;
}
