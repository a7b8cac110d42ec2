import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { nodeFileTrace } from '@vercel/nft';

/** The tracer tries each file as a script first and then as a module: only the second refusal is one. */
const FIRST_TRY = /^Failed to parse .* as script:/;
/** A package may ask for another that only some platforms have; it answers for that itself. Our own sources may not. */
const UNRESOLVED = /^Failed to resolve dependency /;
const FROM_A_PACKAGE = / loaded from \S*[/\\]node_modules[/\\]/;

/**
 * Every file that the programs import, relative to the root. The tracer reads JavaScript, so the types are blanked out first.
 * @param root the folder of the sources and of node_modules.
 * @throws when a file cannot be parsed or one of ours imports what is not there: what it needs would be missing in the image, and only
 * the program's first run would tell.
 */
export async function traceFiles(programs: readonly string[], root = process.cwd()): Promise<string[]> {
  const read = async (path: string) => {
    const text = await readFile(path, 'utf8').catch(() => null);
    return text !== null && path.endsWith('.ts') && !path.includes('node_modules') ? stripTypeScriptTypes(text) : text;
  };
  const { fileList, warnings } = await nodeFileTrace(
    programs.map((program) => join(root, program)),
    {
      base: root,
      processCwd: root,
      ts: true,
      readFile: read,
    },
  );
  const broken = [...warnings].map(({ message }) => message).filter((text) => !isHarmless(text));
  if (broken.length > 0) throw new Error(`the tracer cannot follow all imports:\n${broken.join('\n')}`);
  return [...fileList];
}

const isHarmless = (warning: string) =>
  FIRST_TRY.test(warning) || (UNRESOLVED.test(warning) && FROM_A_PACKAGE.test(warning));
