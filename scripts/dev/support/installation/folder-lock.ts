import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TIMING } from '#lib/release/contract.ts';
import { findProcess, processTable } from '../../../../tests/support/process/process-table.ts';
import { signalGroup } from '../../../../tests/support/process/processes.ts';

interface Held {
  pid: number;
  started: string;
}

/** A child process of the holder; `signal` stops it gracefully. */
interface Child extends Held {
  signal: NodeJS.Signals;
}

interface LockFile extends Held {
  children: Child[];
}

/** Thrown when another process holds the lock. */
export class AlreadyRunning extends Error {
  override name = 'AlreadyRunning';
}

const POLL_MS = 100;

/**
 * A lock file of a data folder. It records the holder and its child processes, so that the next holder can detect a killed holder and stop
 * its remaining children.
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
   * @returns the lock, and the number of processes of a killed holder that were stopped.
   * @throws AlreadyRunning naming the holder; an error naming the path if access is denied.
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

  /** Registers a child process, to be stopped even if this process is killed. */
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

/** Prevents root from using the data folder of another user, who could not read the created files. @throws an error with the folder and its owner. */
export async function refuseForeign(folder: string, user = process.getuid?.()): Promise<void> {
  const { uid } = await stat(folder);
  if (user === 0 && uid !== 0)
    throw new Error(`${folder} belongs to user ${uid}: run this as that user, or set GOLIVE_DATA_FOLDER`);
}

const closed = (file: string, { code }: NodeJS.ErrnoException) =>
  new Error(
    `${file} cannot be used (${code}): somebody else made it; run this as that user, or set GOLIVE_DATA_FOLDER`,
  );

/** Removes a stale lock after stopping the children, last one first. */
async function clearStale(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // The holder has just ended.
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
    // The holder was killed before writing the file; it has no children.
    return { pid: 0, started: '', children: [] };
  }
}

async function isAlive({ pid, started }: Held): Promise<boolean> {
  return pid > 0 && (await findProcess(pid))?.started === started;
}

/** True while the process group of a child exists. A pid is not reused while a group has it. */
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
