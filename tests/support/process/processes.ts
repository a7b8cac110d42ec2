import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TIMING } from '#lib/release/contract.ts';
import { processTable } from './process-table.ts';

/** A process that was started here, in a group of its own: a Ctrl-C reaches it through `stop` alone, in our order. */
export interface Running {
  pid: number;
  /** The last of what it printed, with the file's name when that went to one; empty when it went to the terminal. */
  output(): string;
  /** Its exit code, or 128 and more when a signal ended it. */
  ended: Promise<number>;
  /** Asks its whole group to end, and ends it the hard way when it does not. */
  stop(): Promise<void>;
}

interface StartOptions {
  env?: Record<string, string | undefined>;
  /** `keep` collects the output, `show` passes it to the terminal, anything else is a file to write it to. */
  output?: string;
  /** Number of the user, and of the group, that it runs as; only root may ask for another. */
  user?: number;
}

const KEPT_OUTPUT = 20_000;
const SHOWN_LINES = 12;
const LOOK_MS = 50;

const groupLives = async (group: number | undefined) => (await processTable()).some((entry) => entry.group === group);

/** Starts a command that is found in PATH. */
export function startProcess(command: string, args: readonly string[], options: StartOptions = {}): Running {
  const { output = 'keep', user } = options;
  const file = output === 'keep' || output === 'show' ? undefined : openSync(output, 'w', 0o600);
  const target = file ?? (output === 'show' ? 'inherit' : 'pipe');
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['ignore', target, target],
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  if (file !== undefined) closeSync(file);
  let kept = '';
  const keep = (chunk: Buffer) => (kept = (kept + chunk.toString()).slice(-KEPT_OUTPUT));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      kept += `${command}: ${error.message}`;
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 137));
  });
  let leads = true;
  void ended.then(() => (leads = false));
  const signal = (name: NodeJS.Signals) => child.pid !== undefined && signalGroup(child.pid, name);
  return {
    pid: child.pid ?? 0,
    output: () => (file === undefined ? kept.trim() : endOfFile(output)),
    ended,
    async stop() {
      signal('SIGTERM');
      // The whole group, not its first process: a shell ends at once while what it started still drains. The table of processes is
      // dear to read, and says nothing new while the first one is there.
      const deadline = Date.now() + TIMING.stop * 1000;
      while (Date.now() < deadline && (leads || (await groupLives(child.pid)))) await sleep(LOOK_MS);
      signal('SIGKILL');
      await ended;
    },
  };
}

function endOfFile(file: string): string {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return [`${file} ends with:`, ...lines.slice(-SHOWN_LINES)].join('\n');
}

/** Sends a signal to every process of a group; one that is gone is fine. */
export function signalGroup(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
