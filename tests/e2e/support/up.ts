import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processTable, type ProcessEntry } from '../../support/process/process-table.ts';

/** One `npm run up` or `npm run dev`, as a person starts it. */
export interface Up {
  child: ChildProcess;
  output(): string;
  /** Resolves when this text was printed. */
  prints(text: string): Promise<void>;
  ended: Promise<number | null>;
}

/** A data folder of a test's own, under a path that the server's user can enter. */
export async function dataFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'golive-up-'));
  await chmod(folder, 0o755);
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

export function startUp(
  folder: string,
  args: string[],
  env: Record<string, string> = {},
  verb: 'up' | 'dev' = 'up',
): Up {
  const child = spawn('npm', ['run', '--silent', verb, '--', ...args], {
    // Node warns when both of the runners' wishes about colour are in its environment.
    env: { ...process.env, FORCE_COLOR: undefined, DATABASE_URL: '', GOLIVE_DATA_FOLDER: folder, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const prints = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => output.includes(text) && resolve();
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without printing "${text}":\n${output}`)));
    });
  return { child, output: () => output, prints, ended };
}

/** What of an installation is still running: its servers carry the folder's name in their environment or command. */
export async function processesOf(folder: string): Promise<ProcessEntry[]> {
  const entries = await processTable();
  const mine = await Promise.all(
    entries.map(async ({ pid, command }) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return command.includes(folder) || environment.includes(`GOLIVE_DATA_FOLDER=${folder}`);
    }),
  );
  return entries.filter((_, index) => mine[index]);
}
