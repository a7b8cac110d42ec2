import type { IncomingHttpHeaders } from 'node:http';
import { fail, type Failure } from '#lib/errors.ts';
import { findRoute } from './route-methods.ts';

/** The longest address of ours is a filtered page of the log, a tenth of this; in characters. */
const MAX_TARGET = 8_192;
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i;
/** What a file or an address that is not there may be asked with. */
const READING = ['GET', 'HEAD'];

/** What is wrong with a request, and for a wrong method the header that names the right ones. */
export interface Fault {
  failure: Failure;
  headers?: Record<string, string>;
}

interface Asked {
  method: string;
  /** The path with its query, as it was sent. */
  target: string;
  headers: IncomingHttpHeaders;
}

/**
 * Looks whether a request can be for us at all, by its first line and headers: text that decodes, hosts and origins that are some, a method
 * that the route takes. Next passes on what is none of these until something throws.
 * @param development the tools of `npm run dev` have routes of their own.
 */
export function requestFault({ method, target, headers }: Asked, development = false): Fault | null {
  if (target.length > MAX_TARGET) return fault('uri_too_long', 'The address is too long.');
  const [path = '', ...query] = target.split('?');
  if (!isPath(path)) return fault('bad_request', 'The path is not percent-encoded UTF-8, or holds an empty part.');
  if (!isQuery(query.join('?'))) return fault('bad_request', 'The query is not percent-encoded UTF-8.');
  const header = badHeader(headers);
  if (header !== undefined) return fault('bad_request', `The header ${header} is malformed.`);
  if (development && /^\/_/.test(path)) return null;
  return methodFault(method, path, headers);
}

function methodFault(method: string, path: string, headers: IncomingHttpHeaders): Fault | null {
  const route = findRoute(path);
  const allowed = route?.methods ?? READING;
  // What nothing here takes is wrong whatever the address is; a form that is sent to nowhere is not found.
  if (!allowed.includes(method) && (route !== undefined || !['POST', 'OPTIONS'].includes(method)))
    return fault('method_not_allowed', `Use ${allowed.join(', ')}.`, { Allow: allowed.join(', ') });
  if (route === undefined)
    return isServed(path, method) ? null : fault('not_found', 'There is nothing at this address.');
  // Forms say multipart, actions of a script name themselves: nothing else is sent to a page.
  const isForm = 'next-action' in headers || /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
  if (route.kind === 'page' && method === 'POST' && !isForm)
    return fault('unsupported_media_type', 'A page takes multipart/form-data.', {
      'Accept-Post': 'multipart/form-data',
    });
  return null;
}

/** Whether Next may look for something that is no route of ours: its files, and the page that says that nothing is there. */
const isServed = (path: string, method: string): boolean =>
  READING.includes(method) &&
  !/^\/api(\/|$)/.test(path) &&
  (!path.startsWith('/_') || path.startsWith('/_next/static/'));

function fault(code: Failure['code'], detail: string, headers?: Record<string, string>): Fault {
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
 * Line ends may stand in what somebody looks for; NUL stands in nothing. A percent sign that encodes nothing is one that somebody typed: the
 * URL standard and browsers leave it as it is.
 */
const isQuery = (query: string): boolean =>
  !(decoded(query.replace(/%(?![\da-f]{2})/gi, '%25')) ?? '\0').includes('\0');

function badHeader(headers: IncomingHttpHeaders): string | undefined {
  const { host, origin } = headers;
  if (host !== undefined && !isHost(host)) return 'Host';
  const forwarded = [headers['x-forwarded-host'] ?? []].flat().flatMap((value) => value.split(','));
  if (!forwarded.every((value) => isHost(value.trim()))) return 'X-Forwarded-Host';
  if (origin !== undefined && origin !== 'null' && !URL.parse(origin)?.host) return 'Origin';
  return undefined;
}

function isHost(value: string): boolean {
  const match = HOST.exec(value);
  return match !== null && Number(match[1] ?? 0) <= 65_535 && URL.canParse(`http://${value}`);
}
