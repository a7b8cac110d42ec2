import { hash } from 'node:crypto';
import { committedMembers, commitmentElement, PERSON_COLUMNS, type Salts } from './commitment.ts';
import { leafHash } from './merkle.ts';

/** The columns of text and numbers that are part of a leaf, in their order: the id and the time stand before them, metadata behind. */
export const HASHED_COLUMNS = `action schemaVersion outcome actorType actorId actorLabel actorRole targetType targetId
  targetLabel source ip userAgent requestId correlationId idempotencyKey reason`.split(/\s+/);

/** The columns that stand in a leaf, in their order; the form stands before them, and the time behind the id. */
export const ELEMENTS: readonly string[] = ['id', ...HASHED_COLUMNS, 'metadata'];

/** The columns whose text a `LeafRow` holds; jsonb as PostgreSQL prints it. */
export const LEAF_TEXTS: readonly string[] = [...ELEMENTS, 'salts'];

/** Numbers stand in a leaf without quotes. */
const NUMBER = ELEMENTS.indexOf('schemaVersion');
const METADATA = ELEMENTS.indexOf('metadata');
const SALTS = LEAF_TEXTS.indexOf('salts');

/**
 * How an event becomes a leaf of the tree. 3: its canonical text with commitments in place of person fields is the leaf, whose hash is
 * SHA-256(0x00 || text). 2: likewise, with the values themselves. 1, of before there was a tree: the SHA-256 of the text is what was kept and is
 * the leaf.
 */
export const FORMS = [3, 2, 1] as const;
export type Form = (typeof FORMS)[number];

/** Whether a number from the database is a form that this release knows. */
export const isForm = (form: number): form is Form => (FORMS as readonly number[]).includes(form);

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
export function canonicalBytes(row: LeafRow, form: Form): Buffer {
  const { createdAt, bytes, starts, ends } = row;
  const salts = form === 3 ? saltsOf(row) : undefined;
  const metadata = form === 3 ? committedMembers(textAt(row, METADATA) ?? '{}', salts?.metadata) : '';
  const most =
    MOST_FIXED +
    Buffer.byteLength(metadata) +
    ELEMENTS.reduce((sum, _, n) => sum + LONGEST * Math.max(0, at(ends, n) - at(starts, n)), 0);
  if (scratch.length < most) scratch = Buffer.alloc(most * 2);
  let end = scratch.write(`[${form}`, 'latin1');
  for (let n = 0; n < ELEMENTS.length; n++) {
    end = putSeparator(end);
    const [from, to] = [at(starts, n), at(ends, n)];
    const entry = salts === undefined ? undefined : entryOf(salts, n);
    if (form === 3 && n === METADATA) end += scratch.write(metadata, end);
    else if (typeof entry === 'string')
      end += scratch.write(commitmentElement(entry, to < from ? null : bytes.subarray(from, to)), end, 'latin1');
    else if (to < from) end += scratch.write('null', end, 'latin1');
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

const textAt = ({ bytes, starts, ends }: LeafRow, n: number): string | null =>
  at(ends, n) < at(starts, n)
    ? null
    : Buffer.from(bytes.buffer, bytes.byteOffset).toString('utf8', at(starts, n), at(ends, n));

function saltsOf(row: LeafRow): Salts {
  const text = textAt(row, SALTS);
  return text === null ? {} : (JSON.parse(text) as Salts);
}

/** What `salts` says of a column, where that may be a person field. */
const entryOf = (salts: Salts, n: number): string | undefined => {
  const name = PERSON[n];
  const entry = name === undefined ? undefined : salts[name];
  return typeof entry === 'string' ? entry : undefined;
};

const PERSON = ELEMENTS.map((name) => PERSON_COLUMNS.find((column) => column === name));

const QUOTE = 0x22;
/** More than separators, time, nulls and commitments of all columns take. */
const MOST_FIXED = 4096;
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
