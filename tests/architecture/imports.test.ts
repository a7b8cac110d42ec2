import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { expect, test } from 'vitest';
import { DEVELOPMENT_PACKAGE, PLANTED } from './planted-imports.ts';

/** The house, and the files at its root that tools load. */
const HOUSE = ['app', 'lib', 'worker', 'scripts', 'prisma', 'infra', 'tests', '.railway', '*.{ts,mjs}'];

/** Fewer than this, and the reader did not read: it has passed with nothing read under another compiler. */
const LEAST_MODULES = 250;

interface Rules {
  forbidden: IForbiddenRuleType[];
  options: ICruiseOptions;
}

const rules = async () => JSON.parse(await readFile('.dependency-cruiser.json', 'utf8')) as Rules;

async function read(folders: string[], baseDir?: string): Promise<ICruiseResult> {
  const { forbidden, options } = await rules();
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

test('no import violates the layout rules, and every file was checked', async () => {
  const result = await read(HOUSE);
  expect(brokenRules(result)).toEqual([]);
  expect(result.summary.totalCruised).toBeGreaterThan(LEAST_MODULES);
  expect(result.modules.map(({ source }) => source)).toEqual(
    expect.arrayContaining(['.railway/railway.ts', 'vitest.config.ts', 'proxy.ts']),
  );
});

test('each rule finds every violation that is planted for it', async () => {
  expect(Object.keys(PLANTED).sort()).toEqual((await rules()).forbidden.map(({ name }) => name).sort());
  await using house = await plant(Object.values(PLANTED).flat());
  const found = brokenRules(
    await read(['app', 'lib', 'worker', 'scripts', 'prisma', 'infra', 'tests', '.railway', '*.ts'], house.root),
  );
  expect(found).toEqual(
    expect.arrayContaining(Object.entries(PLANTED).flatMap(([rule, edges]) => edges.map((edge) => `${rule}: ${edge}`))),
  );
});

test('every folder of lib has a rule that says what it may import', async () => {
  const folders = (await readdir('lib', { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const edges = folders.map(({ name }) => `lib/${name}/planted.ts -> lib/health.ts`);
  await using house = await plant(edges);
  const found = brokenRules(await read(['lib'], house.root)).map((broken) => broken.replace(/^[\w-]+: /, ''));
  expect(found.sort()).toEqual(edges.sort());
});

/** A house of these imports and nothing else. */
async function plant(edges: string[]) {
  const root = await mkdtemp(join(tmpdir(), 'golive-house-'));
  const files = new Map([
    ['tsconfig.json', '{}'],
    ['package.json', JSON.stringify({ devDependencies: { [DEVELOPMENT_PACKAGE]: '1.0.0' } })],
  ]);
  for (const [from = '', to = ''] of edges.map((edge) => edge.split(' -> '))) {
    // A file that names itself is alone.
    const line = from === to ? '' : `import '${specifier(from, to)}';\n`;
    files.set(from, (files.get(from) ?? '') + line);
    if (to.startsWith('node_modules/')) files.set(join(dirname(to), 'package.json'), '{}');
    if (!to.startsWith('.')) files.set(to, files.get(to) ?? '');
  }
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

/** How the first file names the second. */
function specifier(from: string, to: string): string {
  if (to.startsWith('node_modules/')) return to.replace('node_modules/', '');
  return to.startsWith('./') ? to : `./${relative(dirname(from), to)}`;
}
