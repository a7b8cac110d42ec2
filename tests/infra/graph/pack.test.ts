import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const pack = fileURLToPath(new URL('../../../infra/policies', import.meta.url));
const launcher = createRequire(import.meta.url).resolve('@pulumi/pulumi/cmd/run-policy-pack');

test('Pulumi’s own launcher starts the policy pack, which then answers on a port', async () => {
  // The launcher reads the pack's package.json from the working directory, as the CLI starts it.
  const child = spawn(process.execPath, [launcher, '127.0.0.1:1', pack], {
    cwd: pack,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const said = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      child.stderr.once('data', (chunk: Buffer) => reject(new Error(chunk.toString())));
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
    expect(said.trim()).toMatch(/^\d+$/);
  } finally {
    child.kill();
  }
});
