/**
 * `node infra/image/assemble.ts runner|migrator FOLDER`: gathers the files of an image from a checkout that is installed and built with
 * BUILD_STANDALONE=true. The Dockerfile and `npm run image:check` run the same lines.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readlink, lstat, symlink } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

type Trace = (
  entries: string[],
  options: { base: string; ts: boolean; readFile: (path: string) => Promise<string | null> },
) => Promise<{ fileList: Set<string> }>;

/** Next ships the tracer that made its own standalone tree. */
const { nodeFileTrace } = createRequire(import.meta.url)('next/dist/compiled/@vercel/nft') as { nodeFileTrace: Trace };

/** Entrances of the runner beside the web server. */
const PROGRAMS = ['worker/main.ts', 'scripts/audit-prune.ts'];
/** Read by name at run time, which no tracer sees. */
const BY_NAME = ['prisma/migrations', 'prisma/postgres', 'package.json'];

async function main() {
  const [target, out] = process.argv.slice(2);
  if ((target !== 'runner' && target !== 'migrator') || out === undefined) {
    console.error('usage: node infra/image/assemble.ts runner|migrator FOLDER');
    process.exitCode = 2;
    return;
  }
  await mkdir(out, { recursive: true });
  await (target === 'runner' ? runner(out) : migrator(out));
}

async function runner(out: string): Promise<void> {
  if (!existsSync('.next/standalone/server.js')) throw new Error('build first: BUILD_STANDALONE=true npm run build');
  await cp('.next/standalone', out, { recursive: true, verbatimSymlinks: true });
  await cp('.next/static', join(out, '.next/static'), { recursive: true });
  if (existsSync('public')) await cp('public', join(out, 'public'), { recursive: true });
  await copyAll(await trace(PROGRAMS), out);
  await copyAll(BY_NAME, out);
}

/** Everything that a program of ours imports, by the tracer; it reads JavaScript, so the types are blanked out first. */
async function trace(programs: string[]): Promise<string[]> {
  const read = async (path: string) => {
    const text = await readFile(path, 'utf8').catch(() => null);
    return text !== null && path.endsWith('.ts') && !path.includes('node_modules') ? stripTypeScriptTypes(text) : text;
  };
  const { fileList } = await nodeFileTrace(programs, { base: process.cwd(), ts: true, readFile: read });
  return [...fileList];
}

/** Packages that `db:migrate:prod` starts by name: the Prisma CLI and the engine; the rest comes from tracing our own script. */
const MIGRATOR_PACKAGES = ['prisma', '@prisma/schema-engine-wasm'];

/** The second half of a migration; and what the release commands run in the migrator, which alone reaches the database as its owner. */
const MIGRATOR_PROGRAMS = [
  'scripts/db-pg-migrate.ts',
  'scripts/db-status.ts',
  'scripts/release-record.ts',
  'scripts/admin-create.ts',
  'scripts/admin-list.ts',
  'scripts/audit-verify.ts',
];

async function migrator(out: string): Promise<void> {
  const packages = await closure(MIGRATOR_PACKAGES);
  const programs = await trace([...MIGRATOR_PROGRAMS, 'prisma/engine/launch.ts', 'prisma.config.ts']);
  const ours = ['prisma/schema.prisma', ...BY_NAME, 'node_modules/.bin/prisma'];
  await copyAll([...packages, ...programs, ...ours], out);
}

interface Locked {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** Folders of packages and of all that they depend on, as the lock file resolves them. */
async function closure(names: string[]): Promise<string[]> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
  const found = new Set<string>();
  const visit = (name: string, from: string) => {
    for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
      const path = `${place === '' ? '' : `${place}/`}node_modules/${name}`;
      const locked = packages[path];
      if (locked !== undefined && existsSync(path)) {
        if (found.has(path)) return;
        found.add(path);
        const needs = { ...locked.dependencies, ...locked.optionalDependencies };
        for (const next of Object.keys(needs)) visit(next, path);
        return;
      }
      if (place === '') return;
    }
  };
  for (const name of names) visit(name, '');
  return [...found];
}

async function copyAll(paths: string[], out: string): Promise<void> {
  for (const path of new Set(paths)) {
    const to = join(out, path);
    await mkdir(dirname(to), { recursive: true });
    if ((await lstat(path)).isSymbolicLink()) await symlink(await readlink(path), to).catch(existing);
    else await cp(path, to, { recursive: true, force: true, verbatimSymlinks: true });
  }
}

function existing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

await main();
