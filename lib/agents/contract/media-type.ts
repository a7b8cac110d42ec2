/** A media type and the charset it names, both in lower case. */
interface MediaType {
  type: string;
  charset: string | null;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*(.*)$`);
const PARAMETER = new RegExp(`^;[ \\t]*(?:(${TOKEN})=(${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))?[ \\t]*(.*)$`);

/** Parses a media type (RFC 9110, section 8.3.1). @returns null when it is invalid. */
function readMediaType(text: string): MediaType | null {
  const [, type, parameters] = TYPE.exec(text.trim()) ?? [];
  if (type === undefined) return null;
  let charset: string | null = null;
  let rest = parameters ?? '';
  while (rest !== '') {
    const match = PARAMETER.exec(rest);
    if (match === null) return null;
    const [, name = '', value = '', behind = ''] = match;
    if (name.toLowerCase() === 'charset') {
      // A repeated charset is ambiguous.
      if (charset !== null) return null;
      charset = value.replace(/^"(.*)"$/, '$1').toLowerCase();
    }
    rest = behind;
  }
  return { type: type.toLowerCase(), charset };
}

/**
 * The media type without parameters, in lower case. JSON is UTF-8 (RFC 8259), so other charsets are rejected.
 * @returns null when it is not a media type, or not UTF-8.
 */
export function utf8MediaType(text: string): string | null {
  const read = readMediaType(text);
  return read === null || (read.charset !== null && read.charset !== 'utf-8') ? null : read.type;
}

/** True when a media type, in lower case and without parameters, is JSON (`application/json`, `application/…+json`). */
export const isJsonType = (type: string): boolean => /^application\/(?:[a-z0-9.+-]+\+)?json$/.test(type);
