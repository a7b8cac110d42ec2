import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The commit of a checkout; undefined without git or a repository. */
export async function commitOf(folder: string): Promise<string | undefined> {
  const head = await run('git', ['rev-parse', 'HEAD'], { cwd: folder }).catch(() => undefined);
  return head?.stdout.trim();
}
