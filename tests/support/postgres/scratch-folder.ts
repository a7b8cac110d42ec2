import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProcess } from '../process/process-table.ts';

const MEMORY = '/dev/shm';
/** Required free bytes in the file system and in memory. */
const ROOM = 4 * 1024 ** 3;

/**
 * A temporary folder for a database, in memory if there is room: cloning a test database is ten times faster than on disk. Accessible to
 * any user, because PostgreSQL refuses root.
 */
export async function memoryFolder(name: string): Promise<string> {
  return folderIn((await hasRoom()) ? MEMORY : tmpdir(), name);
}

/** The same on the disk. */
export const diskFolder = (name: string) => folderIn(tmpdir(), name);

async function folderIn(parent: string, name: string): Promise<string> {
  await sweep(parent);
  const folder = await mkdtemp(join(parent, `golive-${name}-${process.pid}-`));
  await chmod(folder, 0o755);
  return folder;
}

async function hasRoom(): Promise<boolean> {
  const found = await statfs(MEMORY).catch(() => undefined);
  return found !== undefined && found.bavail * found.bsize > ROOM && freemem() > ROOM;
}

/** Removes folders left by killed runs. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = /^golive-[a-z-]+-(\d+)-\w{6}$/.exec(name)?.[1];
    if (pid !== undefined && !(await findProcess(Number(pid))))
      await rm(join(parent, name), { recursive: true, force: true });
  }
}
