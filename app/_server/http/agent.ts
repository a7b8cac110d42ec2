import type { Failure } from '#lib/errors.ts';
import { problem } from './problem.ts';

/** A failure as a response of the agents' API, with `Accept-Encoding` or `WWW-Authenticate` where they apply. */
export function agentProblem(failure: Failure): Response {
  const { acceptEncoding } = failure.extra ?? {};
  return problem(failure, {
    ...(typeof acceptEncoding === 'string' ? { 'Accept-Encoding': acceptEncoding } : {}),
    ...(failure.code === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {}),
  });
}
