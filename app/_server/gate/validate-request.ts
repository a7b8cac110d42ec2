import type { IncomingHttpHeaders } from 'node:http';
import { fail, type Failure } from '#lib/errors.ts';
import { findRoute } from './route-methods.ts';

/** In characters; our longest URL, a filtered page of the log, has a tenth of this. */
const MAX_TARGET_LENGTH = 8_192;
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i;
/** Methods that are accepted for files and unknown paths. */
const SAFE_METHODS = ['GET', 'HEAD'];

/** Why a request is rejected; for a wrong method with the `Allow` header. */
export interface InvalidRequest {
  failure: Failure;
  headers?: Record<string, string>;
}

interface RequestHead {
  method: string;
  /** Path and query as sent. */
  target: string;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as sent. */
  rawHeaders: readonly string[];
}

/**
 * Validates the request line and headers: decodable path and query, valid Host and Origin, a method that the route supports. Next passes
 * invalid ones on until something throws.
 * @param development allows the routes of Next's development tools.
 */
export function validateRequestHead(
  { method, target, headers, rawHeaders }: RequestHead,
  development = false,
): InvalidRequest | null {
  if (target.length > MAX_TARGET_LENGTH) return invalid('uri_too_long', 'The address is too long.');
  const [path = '', ...query] = target.split('?');
  if (!isPath(path)) return invalid('bad_request', 'The path is not percent-encoded UTF-8, or holds an empty part.');
  if (!isQuery(query.join('?'))) return invalid('bad_request', 'The query is not percent-encoded UTF-8.');
  const header = findMalformedHeader(headers);
  if (header !== undefined) return invalid('bad_request', `The header ${header} is malformed.`);
  const repeated = findRepeatedHeader(rawHeaders);
  if (repeated !== undefined) return invalid('bad_request', `The header ${repeated} is sent more than once.`);
  if (development && /^\/_/.test(path)) return null;
  return validateMethod(method, path, headers);
}

function validateMethod(method: string, path: string, headers: IncomingHttpHeaders): InvalidRequest | null {
  const route = findRoute(path);
  const allowed = route?.methods ?? SAFE_METHODS;
  // An unsupported method is a 405 on any path; a form sent to an unknown path is a 404.
  if (!allowed.includes(method) && (route !== undefined || !['POST', 'OPTIONS'].includes(method)))
    return invalid('method_not_allowed', `Use ${allowed.join(', ')}.`, { Allow: allowed.join(', ') });
  if (route === undefined)
    return isNextResource(path, method) ? null : invalid('not_found', 'There is nothing at this address.');
  // Forms are multipart and actions called by script have a header; anything else is not sent to a page.
  const isForm = 'next-action' in headers || /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
  if (route.kind === 'page' && method === 'POST' && !isForm)
    return invalid('unsupported_media_type', 'A page takes multipart/form-data.', {
      'Accept-Post': 'multipart/form-data',
    });
  return null;
}

/** True when Next may handle a path that is not one of our routes: its static files and the 404 page. */
const isNextResource = (path: string, method: string): boolean =>
  SAFE_METHODS.includes(method) &&
  !/^\/api(\/|$)/.test(path) &&
  (!path.startsWith('/_') || path.startsWith('/_next/static/'));

function invalid(code: Failure['code'], detail: string, headers?: Record<string, string>): InvalidRequest {
  return { failure: fail(code, detail), ...(headers ? { headers } : {}) };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isPath(path: string): boolean {
  if (!path.startsWith('/') || /\/\/|\\/.test(path)) return false;
  // eslint-disable-next-line no-control-regex -- control characters are what is being looked for
  return !/[\u0000-\u001f\u007f]/.test(decoded(path) ?? '\0');
}

/**
 * Line breaks may occur in a search text; NUL may not. A percent sign that encodes nothing is one that somebody typed: the URL standard and
 * browsers leave it as it is.
 */
const isQuery = (query: string): boolean =>
  !(decoded(query.replace(/%(?![\da-f]{2})/gi, '%25')) ?? '\0').includes('\0');

function findMalformedHeader(headers: IncomingHttpHeaders): string | undefined {
  const { host, origin } = headers;
  if (host !== undefined && !isHost(host)) return 'Host';
  const forwarded = [headers['x-forwarded-host'] ?? []].flat().flatMap((value) => value.split(','));
  if (!forwarded.every((value) => isHost(value.trim()))) return 'X-Forwarded-Host';
  if (origin !== undefined && origin !== 'null' && !URL.parse(origin)?.host) return 'Origin';
  return undefined;
}

/** Headers that hold one value. Of a repeated one Node keeps the first or joins all of them: others on the way may read another one. */
const SINGLE_HEADER = /^(?:host|origin|authorization|content-type|next-action|ce-.+)$/i;

function findRepeatedHeader(rawHeaders: readonly string[]): string | undefined {
  const names = rawHeaders.filter((name, index) => index % 2 === 0 && SINGLE_HEADER.test(name));
  return names.find((name, index) => names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) < index);
}

function isHost(value: string): boolean {
  const match = HOST.exec(value);
  return match !== null && Number(match[1] ?? 0) <= 65_535 && URL.canParse(`http://${value}`);
}
