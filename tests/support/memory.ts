import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { processTable } from './process/process-table.ts';

const run = promisify(execFile);

/** MiB of memory that the processes of a group have in use, as the system counts them. */
export async function residentMemoryMiB(group: number): Promise<number> {
  const pids = (await processTable()).filter((entry) => entry.group === group).map(({ pid }) => pid);
  const kib = await Promise.all(pids.map(existsSync('/proc/self/status') ? fromProc : fromPs));
  return Math.round(kib.reduce((sum, each) => sum + each, 0) / 1024);
}

/** A process that has just ended has none. */
const fromProc = async (pid: number) =>
  Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1] ?? 0);

const fromPs = async (pid: number) =>
  run('ps', ['-o', 'rss=', '-p', String(pid)]).then(
    ({ stdout }) => Number(stdout),
    () => 0,
  );
