import type { Failure } from '#lib/errors.ts';
import { problem } from './problem.ts';

/** A failure as agents get it: with what a body may be packed with, and what kind of key is wanted. */
export function agentProblem(failure: Failure): Response {
  const { acceptEncoding } = failure.extra ?? {};
  return problem(failure, {
    ...(typeof acceptEncoding === 'string' ? { 'Accept-Encoding': acceptEncoding } : {}),
    ...(failure.code === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {}),
  });
}
