import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Exit codes of `prisma migrate diff --exit-code`. */
const SAME = 0;
const DIFFERENT = 2;

/**
 * Compares the tables with prisma/schema.prisma through Prisma. Partitions and objects of prisma/postgres are ignored.
 * @returns the differences as text, empty when there are none.
 * @throws when the comparison fails, with Prisma's last output line.
 */
export async function schemaDrift(root: string): Promise<string> {
  const { code, stdout, stderr } = await prisma(root, [
    'migrate',
    'diff',
    '--from-config-datasource',
    '--to-schema',
    'prisma/schema.prisma',
    '--exit-code',
  ]);
  if (code === SAME) return '';
  if (code === DIFFERENT) return stdout.trim();
  throw new Error(`prisma migrate diff failed: ${lastLine(stderr) || lastLine(stdout)}`);
}

function prisma(root: string, args: string[]) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(join(root, 'node_modules/.bin/prisma'), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
