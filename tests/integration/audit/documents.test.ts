import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = (name: string) => fileURLToPath(new URL(`../../../scripts/dev/docs/${name}`, import.meta.url));

test.each(['audit.ts', 'performance.ts'])('what docs/%s writes is what stands in the documents', async (name) => {
  const run = promisify(execFile)(process.execPath, [script(name), '--check']);
  await expect(run).resolves.toMatchObject({ stderr: '' });
});
