import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process of this machine. `started` distinguishes it from a later process with the same pid. */
export interface ProcessEntry {
  pid: number;
  group: number;
  command: string;
  started: string;
}

const run = promisify(execFile);

/** All running processes, from /proc or else from `ps`, which slim images lack. */
export async function processTable(): Promise<ProcessEntry[]> {
  if (!existsSync('/proc/self/stat')) return fromPs();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(pids.map((pid) => fromProc(Number(pid)).catch(() => undefined)));
  return entries.filter((entry) => entry !== undefined);
}

/** The process with this pid, if any. */
export async function findProcess(pid: number): Promise<ProcessEntry | undefined> {
  return (await processTable()).find((entry) => entry.pid === pid);
}

/** Reads /proc/PID/stat (proc_pid_stat(5)): state, parent, group and so on follow the name, which may itself hold brackets. */
async function fromProc(pid: number): Promise<ProcessEntry | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , group = '0'] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  return { pid, group: Number(group), command, started: fields[19] ?? '' };
}

async function fromPs(): Promise<ProcessEntry[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,pgid=,stat=,lstart=,command='], {
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout.split('\n').flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w+ +\w+ +\d+ +\S+ +\d+)\s+(.*)$/.exec(line);
    const [, pid, group, state, started = '', command = ''] = found ?? [];
    return found && !state?.startsWith('Z') ? [{ pid: Number(pid), group: Number(group), command, started }] : [];
  });
}
