import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { nodeFileTrace } from '@vercel/nft';

/** The tracer parses each file as a script and then as a module; only the second failure counts. */
const FIRST_TRY = /^Failed to parse .* as script:/;
/** Packages may have optional imports; our sources may not. */
const UNRESOLVED = /^Failed to resolve dependency /;
const FROM_A_PACKAGE = / loaded from \S*[/\\]node_modules[/\\]/;

/**
 * Every file that the programs import, relative to the root. The tracer reads JavaScript, so the types are blanked out first.
 * @param root the folder of the sources and of node_modules.
 * @throws when a file cannot be parsed or one of ours imports what is not there: it would be missing in the image.
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
