import { connect } from 'node:net';

/** One request as its bytes go over the wire. */
export interface WireRequest {
  method: string;
  target: string;
  headers: [name: string, value: string][];
  body: string;
}

export interface WireResponse {
  /** 0 when the connection was closed without an answer. */
  status: number;
  type: string;
  head: string;
  body: string;
}

export const UNUSUAL_VALUES = [
  ...['', ' ', '%', '%00', '%ff', '%ED%A0%80', '..%2f..%2f', '//', '\\', 'null', 'undefined', '__proto__', 'toString', '{"level":"error"}'],
  ...['http://', 'http://[', 'http://a b', 'https://evil.example', '[1', '-1', '1e999', 'bytes=9-1', 'a,b;q=2', '\u00ff\u009b', "'--"],
  ...['%0a{"level":"error"}', '$ACTION_ID_x', '["",{}]', '%5B%22%22%2C%7B%7D%5D', 'x'.repeat(3_000)],
]; // prettier-ignore
const PATHS = [
  ...['/', '/login', '/reset/', '/403', '/account', '/admin', '/admin/users/', '/admin/agents/', '/audit', '/audit/', '/audit/health'],
  ...['/api/health', '/api/audit', '/api/audit/export', '/api/agent/events', '/api/agent/batches/', '/api/agent/schema', '/api/agent/openapi.json'],
  ...['csrf', 'providers', 'session', 'signin', 'signin/', 'signout', 'callback/', 'callback/credentials', 'callback/oidc', 'error', '_log'].map((name) => `/api/auth/${name}`),
  ...['/_next/image', '/_next/data/', '/_next/static/', '/_next/', '/_error', '/_global-error', '/404', '/500', '/nothing', '/api/nothing', '*', 'http://evil.example/login'],
]; // prettier-ignore
const METHODS = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'POST',
  'HEAD',
  'OPTIONS',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'BREW',
];
const HEADERS = [
  ...['Origin', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-For', 'Forwarded', 'Range', 'If-None-Match', 'Accept', 'Accept-Language'],
  ...['RSC', 'Next-Action', 'Next-Url', 'Next-Router-State-Tree', 'Next-Router-Prefetch', 'Next-Router-Segment-Prefetch', 'X-Nextjs-Data'],
  ...['X-Middleware-Subrequest', 'X-Invoke-Path', 'X-Matched-Path', 'X-Action-Forwarded', 'X-Request-Id', 'Authorization', 'User-Agent', 'Upgrade'],
  ...['Content-Encoding', 'Referer', 'Sec-Fetch-Dest', 'Accept-Encoding', 'ce-id', 'ce-specversion'],
]; // prettier-ignore
const COOKIES = [
  'golive.session',
  'golive.locale',
  'golive.theme',
  'next-auth.csrf-token',
  'next-auth.callback-url',
  'next-auth.state',
  '__proto__',
  '',
];
const TYPES = ['multipart/form-data; boundary=x', 'multipart/form-data; boundary=x', 'multipart/form-data', 'application/x-www-form-urlencoded', 'application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json', 'text/plain;charset=UTF-8', '', '\u00ff']; // prettier-ignore

/** Requests of somebody without an account, always the same for the same seed and number. */
export function randomRequest(seed: number, number: number): WireRequest {
  const random = mulberry((seed * 1_000_003 + number) >>> 0);
  const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: Math.floor(random() * (most + 1)) }, make);
  const field = () => one([
    `--x\r\nContent-Disposition: form-data; name="${one(['$ACTION_ID_', '$ACTION_REF_1', '$ACTION_1:0', '1_email', 'email', '0', '__proto__', one(UNUSUAL_VALUES)])}"\r\n\r\n${one(UNUSUAL_VALUES)}\r\n`,
    `--x\r\nContent-Disposition: form-data; name="a"; filename="${one(UNUSUAL_VALUES)}"\r\nContent-Type: ${one(TYPES)}\r\n\r\n${one(UNUSUAL_VALUES)}\r\n`,
  ]); // prettier-ignore
  const body = () => one([
    some(4, field).join('') + one(['--x--\r\n', '', '--x']),
    `email=${one(UNUSUAL_VALUES)}&password=${one(UNUSUAL_VALUES)}&csrfToken=${one(UNUSUAL_VALUES)}&callbackUrl=${one(UNUSUAL_VALUES)}`,
    one(['{}', '[]', '[{"specversion":"1.0"}]', '{"a":"\\ud800"}', '{"a":"\\u0000"}', '[', 'null', '["$K1"]', '["$@1","$F2"]', '[[[[["$Q1"]]]]]']),
    one(UNUSUAL_VALUES),
  ]); // prettier-ignore
  const method = one(METHODS);
  const sent = method === 'POST' || random() < 0.1;
  const target =
    one(PATHS) +
    one(['', '', one(UNUSUAL_VALUES)]) +
    one(['', '', `?callbackUrl=${one(UNUSUAL_VALUES)}`, `?${one(UNUSUAL_VALUES)}=${one(UNUSUAL_VALUES)}`, '?_rsc=1']);
  const cookies = some(3, () => `${one(COOKIES)}=${one(UNUSUAL_VALUES)}`);
  return {
    method,
    target,
    headers: [
      ['Host', one(['127.0.0.1', '127.0.0.1', '127.0.0.1', 'evil.example', one(UNUSUAL_VALUES)])],
      ...some(4, (): [string, string] => [one(HEADERS), one([...UNUSUAL_VALUES, '1', 'a'.repeat(42)])]),
      ...(cookies.length > 0 ? [['Cookie', cookies.join('; ')] as [string, string]] : []),
      ...(sent ? [['Content-Type', one(TYPES)] as [string, string]] : []),
    ],
    body: sent ? body() : '',
  };
}

/** A small generator of numbers between 0 and 1, the same for the same seed. */
export function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Sends a request byte by byte as it is written (Latin-1) on a connection of its own. */
export async function sendRaw(origin: string, { method, target, headers, body }: WireRequest): Promise<WireResponse> {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n`;
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.write(
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}${length}Connection: close\r\n\r\n${body}`, 'latin1'),
  );
  let text = '';
  try {
    for await (const part of socket.setEncoding('utf8')) text += String(part);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  const [head = '', ...rest] = text.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    type: /\r\ncontent-type: ([^\r;]*)/i.exec(head)?.[1] ?? '',
    head,
    body: rest.join('\r\n\r\n'),
  };
}
