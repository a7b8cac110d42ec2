import { survivesAsDouble } from './numbers.ts';
import { toPointer, type Path } from './pointer.ts';
import { endOfNumber, endOfString, tokensOf, type Token } from './tokens.ts';
import { decodeUtf8, findInvalidUtf8 } from './utf8.ts';

/** A part of a text that JSON.parse would change, with its path. */
export interface JsonProblem {
  path: Path;
  detail: string;
}

/** The parsed value with lossy parts, or a syntax error. */
export type StrictJson = { ok: true; value: unknown; problems: JsonProblem[] } | { ok: false; detail: string };

/**
 * Parses JSON and detects lossy parts. JSON.parse silently keeps the last of duplicate members and rounds numbers, and accepts strings that
 * databases cannot store. A fast scan after the native parser detects problems; only then are their paths determined.
 */
export function parseStrict(text: string): StrictJson {
  if (text.startsWith('\uFEFF')) return { ok: false, detail: 'begins with a byte order mark; send it without' };
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch {
    return { ok: false, detail: 'is not JSON' };
  }
  return { ok: true, value, problems: isLossless(text, value) ? [] : findProblems(text) };
}

/** Thrown for invalid JSON and for JSON that JSON.parse would change. */
export class LossyJsonError extends Error {
  override name = 'NotEvidence';
}

/** Parses JSON without loss. @throws LossyJsonError */
export function parseLosslessJson(given: string | Buffer): unknown {
  const text = typeof given === 'string' ? given : decodeUtf8(given);
  if (text === null) throw new LossyJsonError(`${placeOf(findInvalidUtf8(given as Buffer))} is not UTF-8`);
  const parsed = parseStrict(text);
  if (!parsed.ok) throw new LossyJsonError(`it ${parsed.detail}`);
  const [problem] = parsed.problems;
  if (problem !== undefined) throw new LossyJsonError(`${placeOf(problem.path)} ${problem.detail}`);
  return parsed.value;
}

const placeOf = (path: Path) => toPointer(path) || 'it';

/** Most problems per top-level member or item, so that every event of a batch is reported. */
const MAX_EACH = 5;

function findProblems(text: string): JsonProblem[] {
  const problems: JsonProblem[] = [];
  const counts = new Map<unknown, number>();
  for (const token of tokensOf(text)) {
    const detail = problemOf(token);
    if (detail === null) continue;
    const count = (counts.get(token.outermost) ?? 0) + 1;
    counts.set(token.outermost, count);
    if (count <= MAX_EACH) problems.push({ path: token.path(), detail });
  }
  return problems;
}

function problemOf({ kind, text, isRepeated }: Token): string | null {
  if (isRepeated) return 'is a duplicate member name';
  if (kind === 'number')
    return survivesAsDouble(text)
      ? null
      : 'is a number that an IEEE 754 double cannot represent exactly; send it as a string';
  if (!SUSPICIOUS_ESCAPE.test(text)) return null;
  const value = JSON.parse(text) as string;
  if (!value.isWellFormed()) return 'contains a lone surrogate';
  return value.includes('\0') ? 'holds U+0000, which PostgreSQL does not store' : null;
}

/** Escapes that may encode a lone surrogate or NUL; unescaped ones are rejected by UTF-8 and the native parser. */
const SUSPICIOUS_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;

/** True when no member was dropped, every number is exact, and no escape is suspicious. */
function isLossless(text: string, value: unknown): boolean {
  if (SUSPICIOUS_ESCAPE.test(text)) return false;
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) members += 1;
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const end = endOfNumber(text, at);
      if (!survivesAsDouble(text.slice(at, end))) return false;
      at = end - 1;
    }
  }
  return members === countMembers(value);
}

const QUOTE = 34;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const COLON = 58;

/** Counts the members of all objects. Iterative: the depth is untrusted. */
function countMembers(value: unknown): number {
  let members = 0;
  const pending = [value];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (typeof at !== 'object' || at === null) continue;
    const items: unknown[] = Array.isArray(at) ? at : Object.values(at);
    if (!Array.isArray(at)) members += items.length;
    for (const item of items) if (typeof item === 'object' && item !== null) pending.push(item);
  }
  return members;
}
