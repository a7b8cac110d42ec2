import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { expect, test } from 'vitest';

const FOLDERS = ['app', 'lib', 'worker', 'scripts', 'prisma', 'infra', 'tests', 'proxy.ts', 'instrumentation.ts'];

/** Fewer than this, and the reader did not read: it has passed with nothing read under another compiler. */
const LEAST_MODULES = 250;

interface Rules {
  forbidden: IForbiddenRuleType[];
  options: ICruiseOptions;
}

async function read(folders: string[], baseDir?: string): Promise<ICruiseResult> {
  const { forbidden, options } = JSON.parse(await readFile('.dependency-cruiser.json', 'utf8')) as Rules;
  const { output } = await cruise(folders, {
    ...options,
    ruleSet: { forbidden },
    validate: true,
    ...(baseDir === undefined ? {} : { baseDir }),
  });
  return output as ICruiseResult;
}

const brokenRules = ({ summary }: ICruiseResult) =>
  summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);

test('nothing imports what the layout forbids, and the whole house was read', async () => {
  const result = await read(FOLDERS);
  expect(brokenRules(result)).toEqual([]);
  expect(result.summary.totalCruised).toBeGreaterThan(LEAST_MODULES);
});

/** One file for each rule that breaks it. */
const PLANTED: Record<string, Record<string, string>> = {
  'no-cycles': { 'lib/a.ts': `import './b.ts';`, 'lib/b.ts': `import './a.ts';` },
  'lib-knows-no-framework': {
    'lib/page.ts': `import 'next';`,
    'node_modules/next/package.json': '{"name":"next","main":"i.js"}',
    'node_modules/next/i.js': '',
  },
  'lib-stays-below': { 'lib/up.ts': `import '../scripts/x.ts';`, 'scripts/x.ts': '' },
  'nobody-imports-the-top': { 'scripts/y.ts': `import '../app/z.ts';`, 'app/z.ts': '' },
  'worker-is-an-entrance': { 'scripts/w.ts': `import '../worker/main.ts';`, 'worker/main.ts': '' },
  'scripts-are-entrances': { 'app/s.ts': `import '../scripts/x.ts';` },
  'infra-is-an-entrance': { 'app/i.ts': `import '../infra/i.ts';`, 'infra/i.ts': '' },
  'infra-knows-only-the-release': { 'infra/k.ts': `import '../lib/users/u.ts';`, 'lib/users/u.ts': '' },
  'infra-takes-only-the-types-of-env': { 'infra/e.ts': `import '../lib/env.ts';`, 'lib/env.ts': '' },
  'next-auth-behind-server': {
    'app/n.ts': `import 'next-auth';`,
    'node_modules/next-auth/package.json': '{"name":"next-auth","main":"i.js"}',
    'node_modules/next-auth/i.js': '',
  },
  'ui-has-no-data-access': { 'app/_ui/d.ts': `import '../../lib/db.ts';`, 'lib/db.ts': '' },
  'access-depends-on-nothing': { 'lib/access/p.ts': `import '../db.ts';` },
  'audit-depends-on-the-base-only': { 'lib/audit/r.ts': `import '../users/u.ts';` },
  'no-orphans': { 'lib/orphan.ts': '' },
  resolvable: { 'lib/lost.ts': `import './nowhere.ts';` },
};

test('each rule finds a violation that is planted for it', async () => {
  const { forbidden } = JSON.parse(await readFile('.dependency-cruiser.json', 'utf8')) as Rules;
  expect(Object.keys(PLANTED).sort()).toEqual(forbidden.map(({ name }) => name).sort());
  const house = await mkdtemp(join(tmpdir(), 'golive-house-'));
  try {
    for (const [path, text] of Object.values(PLANTED).flatMap((files) => Object.entries(files))) {
      await mkdir(dirname(join(house, path)), { recursive: true });
      await writeFile(join(house, path), text);
    }
    await writeFile(join(house, 'tsconfig.json'), '{}');
    const { summary } = await read(['app', 'lib', 'worker', 'scripts', 'infra'], house);
    const found = new Set(summary.violations.map(({ rule }) => rule.name));
    expect([...found].sort()).toEqual(Object.keys(PLANTED).sort());
  } finally {
    await rm(house, { recursive: true });
  }
});
