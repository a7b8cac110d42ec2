import type { Path } from '../../json/pointer.ts';
import { isName } from '../../text.ts';

const MAX_METADATA_CHARS = 16_384;
const MAX_METADATA_DEPTH = 8;

/** A problem and its path. */
export interface MetadataProblem {
  path: Path;
  detail: string;
}

/** Property names that are special in JavaScript. */
export const RESERVED_NAMES = ['__proto__', 'constructor'];

/**
 * Validates an agent's free-form metadata: size, depth, names, and numbers that many readers would round. Lossless JSON was checked before
 * (`parseStrict`).
 */
export function checkMetadata(metadata: object): MetadataProblem | null {
  // Checked before the length: serialising a hundred thousand levels would overflow the stack.
  const found = checkValue(metadata, []);
  if (found !== null) return found;
  if (JSON.stringify(metadata).length <= MAX_METADATA_CHARS) return null;
  return { path: [], detail: `must have at most ${MAX_METADATA_CHARS} characters as JSON` };
}

function checkValue(value: unknown, path: Path): MetadataProblem | null {
  if (typeof value === 'number' && Math.abs(value) > 2 ** 53)
    return { path, detail: 'is a number beyond 2^53, which not every reader preserves; send it as a string' };
  if (typeof value !== 'object' || value === null) return null;
  if (path.length === MAX_METADATA_DEPTH) return { path, detail: `must nest at most ${MAX_METADATA_DEPTH} deep` };
  for (const [key, item] of Object.entries(value)) {
    const inside = [...path, Array.isArray(value) ? Number(key) : key];
    if (RESERVED_NAMES.includes(key))
      return { path: inside, detail: 'is a name that JavaScript reserves; choose another one' };
    if (!isName(key)) return { path: inside, detail: 'is a name with invisible characters' };
    const found = checkValue(item, inside);
    if (found !== null) return found;
  }
  return null;
}
