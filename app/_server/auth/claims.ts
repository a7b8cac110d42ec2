import { z } from 'zod';
import type { SessionClaims } from '#lib/auth/session.ts';

/** All that the session cookie holds. No role: it would be stale, and somebody would read it. */
const claims = z.object({
  userId: z.uuid(),
  sessionId: z.uuid(),
  sessionVersion: z.number().int(),
  /** Unix milliseconds of the sign-in. */
  authTime: z.number().int(),
}) satisfies z.ZodType<SessionClaims>;

/** Takes the claims out of a decoded token; null when it is not one of ours. */
export function readClaims(token: unknown): SessionClaims | null {
  return claims.safeParse(token).data ?? null;
}
