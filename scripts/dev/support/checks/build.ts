import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const STAMP = '.next/built-from';

/** Inputs of a production build. */
const SOURCES = [
  '{app,lib,public}/**/*',
  'prisma/schema.prisma',
  '{proxy,instrumentation,instrumentation-client,next.config}.ts',
  'postcss.config.*',
  'tsconfig.json',
  'package-lock.json',
];

/**
 * A fingerprint of the sources of the build, by their paths in the repository and their texts.
 * @param root the folder that holds them.
 */
export async function fingerprint(root = process.cwd()): Promise<string> {
  const hash = createHash('sha256');
  const files: string[] = [];
  for await (const entry of glob(SOURCES, { cwd: root, withFileTypes: true }))
    if (entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      files.push(relative(root, join(entry.parentPath, entry.name)));
  for (const file of files.sort()) hash.update(`${file}\0`).update(await readFile(join(root, file)));
  return hash.digest('hex');
}

/** True if the build in .next is up to date. */
export async function isBuilt(): Promise<boolean> {
  if (!existsSync('.next/BUILD_ID') || !existsSync(STAMP)) return false;
  return (await readFile(STAMP, 'utf8')) === (await fingerprint());
}

/** Stores the fingerprint of the build in .next, computed before the build started. */
export async function stampBuild(sources: string): Promise<void> {
  await writeFile(STAMP, sources);
}
