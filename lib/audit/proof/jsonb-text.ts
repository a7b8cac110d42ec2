/** The order of an object's keys in jsonb: shorter keys first, then by their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  return Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * The members of an object in the text that PostgreSQL prints of a jsonb value: each key with the text of its value, unparsed, so that no number
 * is rounded.
 */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  for (let at = 1; text[at] === '"';) {
    const keyEnd = endOfString(text, at);
    const end = endOfValue(text, keyEnd + SEPARATOR);
    members.set(JSON.parse(text.slice(at, keyEnd)) as string, text.slice(keyEnd + SEPARATOR, end));
    at = end + SEPARATOR;
  }
  return members;
}

/** Of `: ` and of `, `. */
const SEPARATOR = 2;

/** Behind the closing quote of the string that opens at a place. */
function endOfString(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Where the comma or the bracket stands that ends a value. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    else if (depth === 0 && (character === ',' || character === '}')) return at;
    else if (character === '}' || character === ']') depth -= 1;
    at += 1;
  }
  return text.length;
}
