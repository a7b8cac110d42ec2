import 'server-only';
import { NextRequest } from 'next/server';
import { z } from 'zod';
import { STATUS, fail, type ErrorCode } from '#lib/errors.ts';
import { problem } from '../http/problem.ts';

/** Paths of NextAuth that accept a single method. */
const SINGLE_METHOD_PATHS: readonly [path: RegExp, method: string][] = [
  [/^(csrf|providers|error)$/, 'GET'],
  [/^callback\/(credentials|dev-admin)$/, 'POST'],
];

/** A 4xx response for requests that NextAuth would answer with 500, or null. */
export function rejectAuthRequest(request: Request, nextauth: string[]): Response | null {
  const path = nextauth.join('/');
  const only = SINGLE_METHOD_PATHS.find(([pattern]) => pattern.test(path))?.[1];
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (only !== undefined && method !== only)
    return problem(fail('method_not_allowed', `Use ${only}.`), {
      Allow: only === 'GET' ? 'GET, HEAD, OPTIONS' : 'OPTIONS, POST',
    });
  const callbackUrl = new URL(request.url).searchParams.get('callbackUrl');
  if (callbackUrl && !isCallbackUrl(callbackUrl))
    return problem(
      fail('bad_request', 'callbackUrl must be a path, or an address that begins with http:// or https://.'),
    );
  return null;
}

/** The same for a body in JSON, which NextAuth parses without a catch and takes for a form: an object of texts and switches. */
export async function authBodyFault(request: Request): Promise<Response | null> {
  if (request.method !== 'POST' || !/application\/json/i.test(request.headers.get('content-type') ?? '')) return null;
  const sent = fieldsInJson.safeParse(parsed(await request.clone().text()));
  return sent.success ? null : problem(fail('bad_request', 'The body must be one JSON object of texts.'));
}

const fieldsInJson = z.record(z.string(), z.union([z.string(), z.boolean()]));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isCallbackUrl = (url: string): boolean =>
  /^https?:$/.test(URL.parse(url, url.startsWith('/') ? 'http://callback.invalid' : undefined)?.protocol ?? '');

/** NextAuth does not support HEAD: treated as GET, and Next drops the body. */
export const asGetRequest = (request: Request): Request =>
  request.method === 'HEAD' ? new NextRequest(request.url, { headers: request.headers }) : request;

/** Converts NextAuth's plain-text errors into problem documents; JSON errors are left for its own client. */
export function asProblemResponse(response: Response): Response {
  if (response.status < 400 || response.headers.get('content-type')?.startsWith('application/json')) return response;
  const codes = Object.keys(STATUS) as ErrorCode[];
  const code =
    codes.find((name) => STATUS[name] === response.status) ?? (response.status < 500 ? 'bad_request' : 'internal');
  const answer = problem(fail(code, 'The sign-in endpoints do not accept this request.'));
  for (const cookie of response.headers.getSetCookie()) answer.headers.append('Set-Cookie', cookie);
  return answer;
}
