/**
 * `node infra/image/assemble.ts runner|migrator FOLDER`: gathers the files of an image from a checkout that is installed and built with
 * BUILD_STANDALONE=true. The Dockerfile and `npm run image:check` run the same lines.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readlink, lstat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MIGRATOR_PROGRAMS, RUNNER_PROGRAMS } from './programs.ts';
import { traceFiles } from './trace.ts';

/** Files read at run time, which tracing cannot find. */
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
  await copyAll(await traceFiles(RUNNER_PROGRAMS), out);
  await copyAll(BY_NAME, out);
}

/** Packages that `db:migrate:prod` starts by name: the Prisma CLI and the engine; the rest comes from tracing our own script. */
const MIGRATOR_PACKAGES = ['prisma', '@prisma/schema-engine-wasm'];

async function migrator(out: string): Promise<void> {
  const packages = await closure(MIGRATOR_PACKAGES);
  const programs = await traceFiles([...MIGRATOR_PROGRAMS, 'prisma/engine/launch.ts', 'prisma.config.ts']);
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
