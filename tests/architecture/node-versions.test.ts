import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(path, 'utf8');
interface Locked {
  engines?: { node?: string };
}
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
const engines = (JSON.parse(read('package.json')) as Locked).engines?.node ?? '';

/** The lowest versions that `engines` allows, as `20.19`. */
const lowest = [...engines.matchAll(/(?:\^|>=)(\d+\.\d+)/g)].map(([, version]) => version ?? '');

interface Job {
  strategy?: { matrix?: { node?: string[] } };
  steps?: { with?: { 'node-version'?: string | number } }[];
}

/** Every version of Node that a job of the workflow sets up. */
function versionsOf(path: string): string[] {
  const { jobs } = parse(read(path)) as { jobs: Record<string, Job> };
  return Object.values(jobs).flatMap(({ strategy, steps = [] }) =>
    steps.flatMap(({ with: { 'node-version': version } = {} }) =>
      version === undefined
        ? []
        : /matrix\.node/.test(String(version))
          ? (strategy?.matrix?.node ?? [])
          : [String(version)],
    ),
  );
}

test('engines promises what Prisma, which refuses to be installed elsewhere, asks of the host', () => {
  expect(engines).toBe(lock.packages['node_modules/prisma']?.engines?.node);
  expect(lock.packages['']?.engines?.node).toBe(engines);
});

test('CI tries the lowest version of each line that engines allows, and no workflow uses one that it does not', () => {
  const tried = versionsOf('.github/workflows/ci.yml');
  expect(tried).toEqual(expect.arrayContaining(lowest.map((version) => `${version}.0`)));
  const used = globSync('.github/workflows/*.yml').flatMap(versionsOf);
  const lines = lowest.map((version) => version.split('.')[0]);
  for (const version of used) if (version !== 'latest') expect(lines).toContain(version.split('.')[0]);
});

test('README names the same versions', () => {
  const [line = ''] = /^All they need is .*Node.*$/m.exec(read('README.md')) ?? [];
  for (const version of lowest) expect(line).toContain(version.replace(/\.0$/, ''));
});
