import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TIMING } from '#lib/release/contract.ts';
import { findProcess, processTable } from '../../../../tests/support/process/process-table.ts';
import { signalGroup } from '../../../../tests/support/process/processes.ts';

interface Held {
  pid: number;
  started: string;
}

/** A process that must not outlive the holder; `signal` is the one that stops it in order. */
interface Child extends Held {
  signal: NodeJS.Signals;
}

interface LockFile extends Held {
  children: Child[];
}

/** Thrown when somebody else holds the lock. */
export class AlreadyRunning extends Error {
  override name = 'AlreadyRunning';
}

const POLL_MS = 100;

/**
 * One `up` at a time on a data folder. The file names the holder and what it started, so that the next one can tell a living holder
 * from a killed one and end what the killed one left running.
 */
export class FolderLock {
  readonly #file: string;
  readonly #content: LockFile;

  private constructor(file: string, holder: Held) {
    this.#file = file;
    this.#content = { ...holder, children: [] };
  }

  /**
   * Takes the lock.
   * @returns the lock, and how many processes of a killed holder had to be ended first.
   * @throws AlreadyRunning naming the process that holds it; an error that names the file or folder when it is closed to this user.
   */
  static async take(folder: string, signal: AbortSignal): Promise<{ lock: FolderLock; ended: number }> {
    await mkdir(folder, { recursive: true });
    await refuseForeign(folder);
    const file = join(folder, 'up.lock');
    const self = await findProcess(process.pid);
    const lock = new FolderLock(file, { pid: process.pid, started: self?.started ?? '' });
    for (let ended = 0; ;) {
      signal.throwIfAborted();
      const made = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw closed(file, error);
        return undefined;
      });
      if (made) {
        await made.writeFile(JSON.stringify(lock.#content));
        await made.close();
        return { lock, ended };
      }
      ended += await clearStale(file);
    }
  }

  /** Notes a process, so that it is ended even if this one is killed. */
  async note(pid: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const entry = await findProcess(pid);
    if (!entry) return;
    this.#content.children.push({ pid, started: entry.started, signal });
    await writeFile(this.#file, JSON.stringify(this.#content));
  }

  async release(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

/**
 * Root does not run in the data folder of somebody else: the files that it would leave there are closed to that user.
 * @throws an error that names the folder and its owner.
 */
export async function refuseForeign(folder: string, user = process.getuid?.()): Promise<void> {
  const { uid } = await stat(folder);
  if (user === 0 && uid !== 0)
    throw new Error(`${folder} belongs to user ${uid}: run this as that user, or set GOLIVE_DATA_FOLDER`);
}

const closed = (file: string, { code }: NodeJS.ErrnoException) =>
  new Error(
    `${file} cannot be used (${code}): somebody else made it; run this as that user, or set GOLIVE_DATA_FOLDER`,
  );

/** Removes the lock of a holder that is gone, after ending its children, the last one first. */
async function clearStale(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Its holder ended a moment ago.
    if (error.code === 'ENOENT') return undefined;
    throw closed(file, error);
  });
  if (text === undefined) return 0;
  const { children, ...holder } = parse(text);
  if (await isAlive(holder)) {
    throw new AlreadyRunning(`it is already running on this folder, as process ${holder.pid}: stop that one first`);
  }
  const left: Child[] = [];
  for (const child of children.reverse()) if (await hasGroup(child)) left.push(child);
  for (const child of left) await endChild(child);
  await rm(file, { force: true });
  return left.length;
}

function parse(text: string): LockFile {
  try {
    return JSON.parse(text) as LockFile;
  } catch {
    // Killed between making and filling it: nothing was started yet.
    return { pid: 0, started: '', children: [] };
  }
}

async function isAlive({ pid, started }: Held): Promise<boolean> {
  return pid > 0 && (await findProcess(pid))?.started === started;
}

/** Whether anything is left of a child's process group; a number is not given to a new process while a group bears it. */
async function hasGroup({ pid, started }: Held): Promise<boolean> {
  const members = (await processTable()).filter(({ group }) => group === pid);
  return members.length > 0 && members.every((member) => member.pid !== pid || member.started === started);
}

async function endChild(child: Child): Promise<void> {
  signalGroup(child.pid, child.signal);
  const deadline = performance.now() + TIMING.stop * 1000;
  while (await hasGroup(child)) {
    if (performance.now() > deadline) signalGroup(child.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
