import type { Path } from '../../json/pointer.ts';
import { isName } from '../../text.ts';

const MAX_METADATA_CHARS = 16_384;
const MAX_METADATA_DEPTH = 8;

/** What is wrong with a value, and where in it. */
export interface MetadataProblem {
  path: Path;
  detail: string;
}

/** Names that mean something to JavaScript, where some reader may take them for more than a name. */
export const RESERVED_NAMES = ['__proto__', 'constructor'];

/**
 * The first thing in an agent's free-form metadata that could not be stored and read again as it was sent. The text has been looked through
 * already (`parseStrict`): here are the bounds, the names, and the numbers that many readers take for integers and round.
 */
export function checkMetadata(metadata: object): MetadataProblem | null {
  // Before the length: writing a hundred thousand levels as JSON would overflow the stack.
  const found = checkValue(metadata, []);
  if (found !== null) return found;
  if (JSON.stringify(metadata).length <= MAX_METADATA_CHARS) return null;
  return { path: [], detail: `must have at most ${MAX_METADATA_CHARS} characters as JSON` };
}

function checkValue(value: unknown, path: Path): MetadataProblem | null {
  if (typeof value === 'number' && Math.abs(value) > 2 ** 53)
    return { path, detail: 'is a number beyond 2^53, which not every reader keeps; send it as a string' };
  if (typeof value !== 'object' || value === null) return null;
  if (path.length === MAX_METADATA_DEPTH) return { path, detail: `must nest at most ${MAX_METADATA_DEPTH} deep` };
  for (const [key, item] of Object.entries(value)) {
    const inside = [...path, Array.isArray(value) ? Number(key) : key];
    if (RESERVED_NAMES.includes(key))
      return { path: inside, detail: 'is a name that JavaScript reserves; choose another one' };
    if (!isName(key)) return { path: inside, detail: 'is a name with characters that nobody sees' };
    const found = checkValue(item, inside);
    if (found !== null) return found;
  }
  return null;
}
