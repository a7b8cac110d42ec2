import { toProblem, type Failure } from '#lib/errors.ts';

/** A failure as problem+json (RFC 9457). */
export function problem(failure: Failure, headers: Record<string, string> = {}): Response {
  const body = toProblem(failure);
  return Response.json(body, {
    status: body.status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers },
  });
}
