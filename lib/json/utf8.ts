import { isUtf8 } from 'node:buffer';
import type { Path } from './pointer.ts';
import { tokensOf } from './tokens.ts';

// Without ignoreBOM a byte order mark would vanish.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of some bytes, or null when they are not UTF-8: replacement characters would make another text of them. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Where in a JSON document the first bytes stand that are not UTF-8; the document itself when they stand in no string. */
export function findInvalidUtf8(bytes: Buffer): Path {
  // One character for each byte: what JSON is made of is ASCII, so the structure is the same.
  const text = bytes.toString('latin1');
  try {
    JSON.parse(text);
  } catch {
    return [];
  }
  const bytesOf = (part: string) => Buffer.from(part, 'latin1');
  for (const token of tokensOf(text))
    if (!isUtf8(bytesOf(token.text)))
      return token.path().map((part) => (typeof part === 'string' ? bytesOf(part).toString() : part));
  return [];
}
