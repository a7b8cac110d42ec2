import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, readFile, writeFile } from 'node:fs/promises';

const STAMP = '.next/built-from';

/** Everything that a production build reads. */
const SOURCES = [
  '{app,lib,public}/**/*',
  'prisma/schema.prisma',
  '{proxy,instrumentation,instrumentation-client,next.config}.ts',
  'postcss.config.*',
  'tsconfig.json',
  'package-lock.json',
];

/** A fingerprint of the sources of the build. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const files: string[] = [];
  for await (const entry of glob(SOURCES, { withFileTypes: true }))
    if (entry.isFile() && !/\.test\.tsx?$/.test(entry.name)) files.push(`${entry.parentPath}/${entry.name}`);
  for (const file of files.sort()) hash.update(`${file}\0`).update(await readFile(file));
  return hash.digest('hex');
}

/** Whether the build in .next was made from the sources as they are now. */
export async function isBuilt(): Promise<boolean> {
  if (!existsSync('.next/BUILD_ID') || !existsSync(STAMP)) return false;
  return (await readFile(STAMP, 'utf8')) === (await fingerprint());
}

/** Records what the build in .next was made from; call it with the fingerprint's sources untouched since. */
export async function stampBuild(): Promise<void> {
  await writeFile(STAMP, await fingerprint());
}
