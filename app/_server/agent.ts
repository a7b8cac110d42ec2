import type { Failure } from '#lib/errors.ts';
import { problem } from './problem.ts';

/** A failure as agents get it: with `Retry-After` when trying again makes sense, and what kind of key is wanted. */
export function agentProblem(failure: Failure): Response {
  const retryAfter = failure.extra?.retryAfter;
  return problem(failure, {
    ...(typeof retryAfter === 'number' ? { 'Retry-After': String(retryAfter) } : {}),
    ...(failure.code === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {}),
  });
}
