import { decodeUtf8 } from '../../json/utf8.ts';

/** Attributes of binary mode, and the names of those whose value cannot be decoded. */
export interface HeaderAttributes {
  attributes: Record<string, string>;
  unreadable: string[];
}

/** Reads the `ce-` headers as attributes (HTTP binding 1.0.2, section 3.1.3.2): unquote, then percent-decode once. */
export function readAttributes(headers: Headers): HeaderAttributes {
  const attributes: [string, string][] = [];
  const unreadable: string[] = [];
  for (const [header, value] of headers) {
    if (!header.startsWith('ce-')) continue;
    const name = header.slice(3);
    const decoded = decode(value);
    if (decoded === null) unreadable.push(name);
    else attributes.push([name, decoded]);
  }
  return { attributes: Object.fromEntries(attributes), unreadable };
}

/**
 * Decodes a header value. Senders of older versions of the binding quote values with spaces; the Go SDK sends raw UTF-8 bytes, which HTTP
 * exposes as one character each.
 * @returns null for an unterminated quote, for `%` without two digits, and for bytes that are not UTF-8.
 */
function decode(value: string): string | null {
  const plain = unquote(value);
  if (plain === null || /%(?![0-9A-Fa-f]{2})/.test(plain)) return null;
  const bytes = plain.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decodeUtf8(Buffer.from(bytes, 'latin1'));
}

function unquote(value: string): string | null {
  if (!value.startsWith('"')) return value;
  const [, inside] = /^"((?:[^"\\]|\\.)*)"$/.exec(value) ?? [];
  return inside === undefined ? null : inside.replace(/\\(.)/g, '$1');
}
