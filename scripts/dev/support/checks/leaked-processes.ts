import { readFile } from 'node:fs/promises';
import { processTable, type ProcessEntry } from '../../../../tests/support/process/process-table.ts';

/** Environment variable inherited by every process of a step. */
export const MARK = 'GOLIVE_STEP_MARK';

const POLL_MS = 100;

/**
 * Waits for the processes of a step to exit, kills the remaining ones and returns their names.
 * @param mark the value of `MARK` in their environment (seen on Linux, for processes of this user or by root).
 * @param group the process group that the step was started in.
 * @param grace how long, in milliseconds, servers may take to stop before they count as leaked.
 */
export async function killLeakedProcesses(mark: string, group: number, grace: number): Promise<string[]> {
  const deadline = performance.now() + grace;
  for (;;) {
    const left = await findLeakedProcesses(mark, group);
    if (left.length === 0) return [];
    if (performance.now() > deadline) {
      for (const { pid } of left) kill(pid);
      return left.map(({ command }) => command);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function findLeakedProcesses(mark: string, group: number): Promise<ProcessEntry[]> {
  const found: ProcessEntry[] = [];
  for (const entry of await processTable())
    if (entry.group === group || (await hasStepMark(entry.pid, mark))) found.push(entry);
  return found;
}

async function hasStepMark(pid: number, mark: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.includes(`${MARK}=${mark}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has exited meanwhile.
  }
}
