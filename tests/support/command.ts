import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bareEnvironment } from './host.ts';

/** How a command ended and what it said. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs one of our own commands as a process of its own, from the root of the project unless told. Of this process's environment it sees only
 * what belongs to the host, so a test states what the command needs.
 */
export function command(
  file: string,
  args: string[] = [],
  { env = {}, input = '', cwd = ROOT }: { env?: Record<string, string>; input?: string; cwd?: string } = {},
): Promise<Finished> {
  const child = spawn(file, args, {
    cwd,
    env: bareEnvironment(env),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A command that reads nothing may be gone before it is written to.
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
