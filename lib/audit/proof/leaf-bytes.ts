import { hash } from 'node:crypto';
import { leafHash } from './merkle.ts';

/** The columns of text and numbers that are part of a leaf, in their order: the id and the time stand before them, metadata behind. */
export const HASHED_COLUMNS = `action schemaVersion outcome actorType actorId actorLabel actorRole targetType targetId
  targetLabel source ip userAgent requestId correlationId idempotencyKey reason`.split(/\s+/);

/** The columns whose text a `LeafRow` holds; jsonb as PostgreSQL prints it. */
export const LEAF_TEXTS: readonly string[] = ['id', ...HASHED_COLUMNS, 'metadata'];

/** Numbers stand in a leaf without quotes. */
const NUMBER = LEAF_TEXTS.indexOf('schemaVersion');

/**
 * How an event becomes a leaf of the tree. 2: its canonical text is the leaf, whose hash is SHA-256(0x00 || text). 1, of before there was a tree:
 * the SHA-256 of the text is what was kept and is the leaf.
 */
export type Form = 1 | 2;

/** The plain values of an event's columns. */
export interface LeafRow {
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Of each of `LEAF_TEXTS` the text in UTF-8, from `starts` to before `ends`; an end before the start stands for null. */
  bytes: Uint8Array;
  starts: ArrayLike<number>;
  ends: ArrayLike<number>;
}

/** A row out of one string or null for each of `LEAF_TEXTS`. */
export function leafRowOf(createdAt: number, texts: readonly (string | null)[]): LeafRow {
  const parts = texts.map((text) => (text === null ? null : Buffer.from(text)));
  const [starts, ends]: [number[], number[]] = [[], []];
  let at = 0;
  for (const part of parts) {
    starts.push(at);
    at += part?.length ?? 0;
    ends.push(part === null ? -1 : at);
  }
  return { createdAt, bytes: Buffer.concat(parts.filter((part) => part !== null)), starts, ends };
}

/**
 * The canonical text of an event in UTF-8: a JSON array of the form, the id, the time and the other columns, as PostgreSQL's json_build_array()
 * writes it. It works on bytes because the verifier does this for every event: strings take three times as long.
 */
function canonicalBytes({ createdAt, bytes, starts, ends }: LeafRow, form: Form): Buffer {
  const most = 64 + LEAF_TEXTS.reduce((sum, _, n) => sum + 8 + LONGEST * Math.max(0, at(ends, n) - at(starts, n)), 0);
  if (scratch.length < most) scratch = Buffer.alloc(most * 2);
  let end = scratch.write(`[${form}`, 'latin1');
  for (let n = 0; n < LEAF_TEXTS.length; n++) {
    end = putSeparator(end);
    const [from, to] = [at(starts, n), at(ends, n)];
    if (to < from) end += scratch.write('null', end, 'latin1');
    else if (n === NUMBER) end = putEscaped(bytes, from, to, end);
    else {
      scratch[end++] = QUOTE;
      end = putEscaped(bytes, from, to, end);
      scratch[end++] = QUOTE;
    }
    if (n === 0) {
      end = putSeparator(end);
      end += scratch.write(String(createdAt), end, 'latin1');
    }
  }
  scratch[end++] = 0x5d;
  return Buffer.from(scratch.subarray(0, end));
}

/** What of an event is a leaf of the tree. */
export function leafBytes(row: LeafRow, form: Form): Buffer {
  const text = canonicalBytes(row, form);
  return form === 1 ? Buffer.from(hash('sha256', text, 'buffer')) : text;
}

/** What the sealer keeps of an event: the hash of its leaf, or of form 1 the leaf itself. */
export function keptOf(row: LeafRow, form: Form): Buffer {
  const leaf = leafBytes(row, form);
  return form === 1 ? leaf : leafHash(leaf);
}

const QUOTE = 0x22;
/** Bytes that one byte becomes at most. */
const LONGEST = 6;
let scratch = Buffer.alloc(64 * 1024);

const at = (list: ArrayLike<number>, index: number): number => list[index] ?? -1;

/** What JSON writes in place of a byte, where it does not write the byte itself. */
const ESCAPES: readonly (Buffer | undefined)[] = Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === 0x5c
    ? Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1))
    : undefined,
);

function putSeparator(end: number): number {
  scratch[end] = 0x2c;
  scratch[end + 1] = 0x20;
  return end + 2;
}

function putEscaped(bytes: Uint8Array, from: number, to: number, start: number): number {
  let end = start;
  for (let index = from; index < to; index++) {
    const byte = bytes[index] ?? 0;
    const escaped = ESCAPES[byte];
    if (escaped === undefined) scratch[end++] = byte;
    else end += escaped.copy(scratch, end);
  }
  return end;
}
