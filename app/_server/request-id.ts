export const REQUEST_ID_HEADER = 'x-request-id';
/** The path that was asked for; proxy.ts overwrites whatever a client sends. */
export const PATH_HEADER = 'x-golive-path';

const ACCEPTABLE = /^[A-Za-z0-9._-]{8,64}$/;

/** Keeps the id that a load balancer gave, if it is one that cannot hurt a log line; otherwise makes one. */
export function requestId(given: string | null): string {
  return given !== null && ACCEPTABLE.test(given) ? given : crypto.randomUUID();
}
