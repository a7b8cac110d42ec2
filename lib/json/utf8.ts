import { isUtf8 } from 'node:buffer';
import type { Path } from './pointer.ts';
import { tokensOf } from './tokens.ts';

// With ignoreBOM a byte order mark is kept.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes UTF-8 strictly; null for invalid bytes. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Path of the first invalid UTF-8 in a JSON document. */
export function findInvalidUtf8(bytes: Buffer): Path {
  // As latin1 each byte is one character, and JSON's structure is ASCII.
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
