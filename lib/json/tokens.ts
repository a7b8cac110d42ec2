import type { Path } from './pointer.ts';

/** A name, string or number token of a JSON text. */
export interface Token {
  kind: 'name' | 'string' | 'number';
  text: string;
  /** Path of the token; for a name, of its member. */
  path: () => Path;
  /** First part of the path, cheap at any depth. */
  outermost: string | number | undefined;
  /** True for a duplicate name. */
  isRepeated: boolean;
}

/** Index of the closing quote of the string at `start`. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
}

const BACKSLASH = 92;

/** Index after the number at `start`. */
export function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && OF_NUMBERS.includes(text.charAt(end))) end += 1;
  return end;
}

const OF_NUMBERS = '0123456789.eE+-';

interface Container {
  /** Names seen in an object; an array has none. */
  names: Set<string> | null;
  /** Current member name or array index. */
  at: string | number;
  expectsName: boolean;
}

/** Tokenises valid JSON. Iterative: the depth is untrusted. */
export function* tokensOf(text: string): Generator<Token> {
  const stack: Container[] = [];
  const path = () => stack.map(({ at }) => at);
  for (let at = 0; at < text.length; at += 1) {
    const inside = stack.at(-1);
    const char = text.charAt(at);
    const token = (kind: Token['kind'], written: string, isRepeated = false): Token => ({
      ...{ kind, text: written, isRepeated, path },
      outermost: stack[0]?.at,
    });
    if (char === '{') stack.push({ names: new Set(), at: '', expectsName: true });
    else if (char === '[') stack.push({ names: null, at: 0, expectsName: false });
    else if (char === '}' || char === ']') stack.pop();
    else if (char === ',') advance(inside);
    else if (char === '"') {
      const end = endOfString(text, at);
      const written = text.slice(at, end + 1);
      if (inside?.expectsName !== true) yield token('string', written);
      else {
        const isRepeated = enter(inside, JSON.parse(written) as string);
        yield token('name', written, isRepeated);
      }
      at = end;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      const end = endOfNumber(text, at);
      yield token('number', text.slice(at, end));
      at = end - 1;
    }
  }
}

function advance(inside: Container | undefined): void {
  if (inside === undefined) return;
  if (typeof inside.at === 'number') inside.at += 1;
  else inside.expectsName = true;
}

/** Enters a member. @returns true for a duplicate name. */
function enter(object: Container, name: string): boolean {
  const isRepeated = object.names?.has(name) === true;
  object.names?.add(name);
  object.at = name;
  object.expectsName = false;
  return isRepeated;
}
