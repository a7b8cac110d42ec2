/** The decoded parts of a database URL; missing parts are empty. */
export interface UrlParts {
  user: string;
  password: string;
  host: string;
  port: string;
  database: string;
  /** In URL order; they override the parts before the question mark. */
  parameters: [name: string, value: string][];
}

const SCHEME = /^postgres(ql)?:\/\//;
// eslint-disable-next-line no-control-regex -- they are what is looked for
const BLANK = /[\s\u0000-\u001f\u007f]/;

/**
 * Splits a database URL like libpq, which differs from web URLs: a password may contain `#`, `?`, `[` or `:` unescaped, a plus sign is
 * literal, and a host may be a percent-encoded folder. Ambiguous URLs are rejected.
 * @throws DatabaseUrlError
 */
export function splitDatabaseUrl(text: string): UrlParts {
  if (text === '') throw new DatabaseUrlError('is empty');
  if (!SCHEME.test(text)) throw new DatabaseUrlError('must be a postgres:// URL');
  if (BLANK.test(text))
    throw new DatabaseUrlError(
      'holds a space, a line break or a control character: remove it, or write a space as %20',
    );
  const rest = text.replace(SCHEME, '');
  const at = rest.indexOf('@');
  if (at !== rest.lastIndexOf('@'))
    throw new DatabaseUrlError('holds more than one @: write one in a user, a password or a name as %40');
  if (at > rest.search(/\/|$/))
    throw new DatabaseUrlError(
      'has a / before its @: write one in a user or a password as %2F, or an @ after the host as %40',
    );
  const { user, password } = login(rest.slice(0, Math.max(at, 0)));
  const target = /^(\[[^\]]*\]|[^:/?,[\]]*)(?::([^/?,]*))?([,/?]?)/.exec(rest.slice(at + 1));
  const [whole = '', host = '', port = '', next = ''] = target ?? [];
  if (next === ',') throw multipleHostsError();
  const after = rest.slice(at + 1 + whole.length);
  if (next === '' && after !== '') throw new DatabaseUrlError('has a host that is none: an IPv6 address stands in [ ]');
  const question = next === '?' ? 0 : after.search(/\?|$/);
  return {
    user,
    password,
    host: decode(host.replace(/^\[(.*)\]$/, '$1')),
    port: decode(port),
    database: next === '/' ? decode(after.slice(0, question)) : '',
    parameters: parameters(next === '?' ? after : after.slice(question + 1)),
  };
}

/** The error for multiple hosts. */
export const multipleHostsError = () =>
  new DatabaseUrlError('names several hosts: name the one address that leads to the primary');

function login(text: string): { user: string; password: string } {
  const colon = text.search(/:|$/);
  return { user: decode(text.slice(0, colon)), password: decode(text.slice(colon + 1)) };
}

function parameters(text: string): [string, string][] {
  if (text === '') return [];
  return text
    .replace(/&$/, '')
    .split('&')
    .map((pair) => {
      const [name = '', value, ...more] = pair.split('=');
      if (value === undefined || name === '' || more.length > 0)
        throw new DatabaseUrlError('has a parameter that is not name=value: write an & or = in a value as %26 or %3D');
      return [decode(name), decode(value)];
    });
}

function decode(text: string): string {
  if (/%(?![0-9a-f]{2})/i.test(text))
    throw new DatabaseUrlError('has a % without two hexadecimal digits after it: write a % itself as %25');
  if (text.includes('%00')) throw new DatabaseUrlError('holds %00, which no part of it can');
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError('percent-encodes bytes that are no UTF-8');
  }
}

/**
 * Why a database URL is invalid, phrased to follow the variable's name, with the fix. Contains no part of the URL except parameter names:
 * what looks like a host may be part of a password.
 */
export class DatabaseUrlError extends Error {
  override name = 'DatabaseUrlFault';
}
