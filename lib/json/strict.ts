import { survivesAsDouble } from './numbers.ts';
import { toPointer, type Path } from './pointer.ts';
import { endOfNumber, endOfString, tokensOf, type Token } from './tokens.ts';
import { decodeUtf8, findInvalidUtf8 } from './utf8.ts';

/** What reading the text with JSON.parse would change, and where it stands. */
export interface JsonProblem {
  path: Path;
  detail: string;
}

/** A value, and what of the text it does not render; or why the text is no JSON. */
export type StrictJson = { ok: true; value: unknown; problems: JsonProblem[] } | { ok: false; detail: string };

/**
 * Reads JSON that is to be evidence. JSON.parse quietly keeps the last of two members with one name and the nearest double of a number, and takes
 * strings that no database stores; here all of these are problems. The text is looked over once after the native parser, and only where something is wrong it is walked for the places.
 */
export function parseStrict(text: string): StrictJson {
  if (text.startsWith('\uFEFF')) return { ok: false, detail: 'begins with a byte order mark; send it without' };
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch {
    return { ok: false, detail: 'is not JSON' };
  }
  return { ok: true, value, problems: isFaithful(text, value) ? [] : findProblems(text) };
}

/** A text that cannot be evidence: it is no JSON, or reading it would change it. */
export class NotEvidence extends Error {
  override name = 'NotEvidence';
}

/** The value of a text, or of bytes, that has to be evidence as a whole. @throws NotEvidence */
export function parseEvidence(given: string | Buffer): unknown {
  const text = typeof given === 'string' ? given : decodeUtf8(given);
  if (text === null) throw new NotEvidence(`${placeOf(findInvalidUtf8(given as Buffer))} is not UTF-8`);
  const parsed = parseStrict(text);
  if (!parsed.ok) throw new NotEvidence(`it ${parsed.detail}`);
  const [problem] = parsed.problems;
  if (problem !== undefined) throw new NotEvidence(`${placeOf(problem.path)} ${problem.detail}`);
  return parsed.value;
}

const placeOf = (path: Path) => toPointer(path) || 'it';

/** At most this many problems for each member or item of the outermost value, so that each of a batch's events is told about. */
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
  if (isRepeated) return 'stands twice in one object';
  if (kind === 'number')
    return survivesAsDouble(text)
      ? null
      : 'is a number that would become another one as an IEEE 754 double; send it as a string';
  if (!SUSPECT.test(text)) return null;
  const value = JSON.parse(text) as string;
  if (!value.isWellFormed()) return 'holds half a surrogate pair, which is no character';
  return value.includes('\0') ? 'holds U+0000, which PostgreSQL does not store' : null;
}

/** An escape that may be half a character or NUL; unescaped, neither gets past UTF-8 and the native parser. */
const SUSPECT = /\\u(?:0000|[dD][89a-fA-F])/;

/** Whether every member of the text is in the value, every number survived, and no escape needs a closer look. */
function isFaithful(text: string, value: unknown): boolean {
  if (SUSPECT.test(text)) return false;
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

/** Members of all objects in a value. With a stack of its own: a stranger chooses the depth. */
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
