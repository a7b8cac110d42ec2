import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitUntilHealthy } from './health.ts';
import { startProcess } from './processes.ts';

test('a server that refuses to start is reported with the end of its log, and where that is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'golive-health-'));
  const output = join(folder, 'web.log');
  const server = startProcess('sh', ['-c', 'seq 1 50; echo NEXTAUTH_SECRET: must be longer >&2; exit 3'], { output });
  const error = await waitUntilHealthy('http://127.0.0.1:1', server).catch((reason: unknown) => reason as Error);
  expect(error?.message.split('\n')).toEqual([
    'it ended with exit code 3:',
    `${output} ends with:`,
    ...Array.from({ length: 11 }, (_, index) => String(40 + index)),
    'NEXTAUTH_SECRET: must be longer',
  ]);
  await rm(folder, { recursive: true });
});
