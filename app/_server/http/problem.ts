import { type Failure, toProblem } from '#lib/errors.ts';

/** A failure as problem+json (RFC 9457), with `Retry-After` when trying again makes sense. */
export function problem(failure: Failure, headers: Record<string, string> = {}): Response {
  const body = toProblem(failure);
  const retryAfter = failure.extra?.retryAfter;
  return Response.json(body, {
    status: body.status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(typeof retryAfter === 'number' ? { 'Retry-After': String(retryAfter) } : {}),
      ...headers,
    },
  });
}

/** A failure as a response of the agents' API, with `Accept-Encoding` or `WWW-Authenticate` where they apply. */
export function agentProblem(failure: Failure): Response {
  const { acceptEncoding } = failure.extra ?? {};
  return problem(failure, {
    ...(typeof acceptEncoding === 'string' ? { 'Accept-Encoding': acceptEncoding } : {}),
    ...(failure.code === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {}),
  });
}
