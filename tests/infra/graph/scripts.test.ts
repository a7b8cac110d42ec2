import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';

/** A script as `npm run` starts it. */
const run = (...args: string[]) =>
  new Promise<{ code: number; stdout: string }>((resolve) =>
    execFile(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout }),
    ),
  );

test('infra:graph prints the tree of a stack with its options, and knows no other stack', async () => {
  const tree = await run('scripts/dev/infra-graph.ts', '--stack', 'production');
  expect(tree.code).toBe(0);
  expect(tree.stdout).toMatch(
    /^ {4}database {2}aws\.rds\.Instance {2}\[protect; retain; ignore allocatedStorage; create within 60m/m,
  );
  expect(tree.stdout).toMatch(
    /^ {4}web {2}aws\.ecs\.Service {2}\[.*beforeUpdate migrate; .*afterUpdate verify-web\]$/m,
  );
  expect(await run('scripts/dev/infra-graph.ts', '--stack', 'moon')).toMatchObject({ code: 2 });
});

test('infra:cost prints each stack’s month, dearest first, with the setting that moves it and what was not looked up', async () => {
  const { code, stdout } = await run('scripts/infra/cost.ts');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^staging: about \d+ USD a month$[^]*^production: about \d+ USD a month$/m);
  expect(stdout).toMatch(/^ {2}NAT: 3 x gateway +\d+\.\d\d +golive:network\.nat$/m);
  const amounts = [...stdout.split('production:')[1]!.matchAll(/ (\d+\.\d\d) {2}/g)].map(([, usd]) => Number(usd));
  expect(amounts).toEqual([...amounts].sort((a, b) => b - a));
  expect(stdout).toContain('~ marks lines with a price that was not looked up');
});
