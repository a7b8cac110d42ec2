import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('prisma version ends, and names the engine of the lock file', async () => {
  const { stdout } = await run('prisma', ['version', '--json'], { timeout: 20_000 });
  expect(JSON.parse(stdout)).toMatchObject({
    'schema-engine': expect.stringMatching(/schema-engine-wasm 7\.\d+\.\d+/) as unknown,
  });
}, 30_000);
