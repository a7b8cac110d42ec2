import { z } from 'zod';
import type { SessionClaims } from '#lib/auth/session.ts';

/** The claims in the session cookie. The role is not among them: it would be stale. */
const claims = z.object({
  userId: z.uuid(),
  sessionId: z.uuid(),
  sessionVersion: z.number().int(),
  /** Unix milliseconds of the sign-in. */
  authTime: z.number().int(),
}) satisfies z.ZodType<SessionClaims>;

/** Reads the claims from a decoded token; null when they are invalid. */
export function readClaims(token: unknown): SessionClaims | null {
  return claims.safeParse(token).data ?? null;
}
