import { z } from 'zod';

/** All that the session cookie holds. No role: it would be stale, and somebody would read it. */
const claims = z.object({
  userId: z.uuid(),
  sessionId: z.uuid(),
  sessionVersion: z.number().int(),
  /** Unix milliseconds of the sign-in. */
  authTime: z.number().int(),
});

export type Claims = z.output<typeof claims>;

/** Takes the claims out of a decoded token; null when it is not one of ours. */
export function readClaims(token: unknown): Claims | null {
  return claims.safeParse(token).data ?? null;
}
