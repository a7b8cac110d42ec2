import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TIMING } from '#lib/release/contract.ts';
import { processTable } from './process-table.ts';

/** A child process in its own process group; Ctrl-C reaches it only through `stop`. */
export interface Running {
  pid: number;
  /** The end of its output, with the log file name; empty if it went to the terminal. */
  output(): string;
  /** Its exit code, or 128 and more when a signal ended it. */
  ended: Promise<number>;
  /** Stops its process group, with SIGKILL after a timeout. */
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
      // Waits for the whole group, because a shell exits before its children. The process table is read only after the first process has
      // exited.
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

/** Sends a signal to a process group; ignores a missing group. */
export function signalGroup(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
