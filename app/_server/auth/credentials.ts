import 'server-only';
import { z } from 'zod';
import { fail, type Result } from '#lib/errors.ts';
import { log } from '#lib/log.ts';
import { isPrintable } from '#lib/text.ts';
import type { SessionClaims } from '#lib/auth/session.ts';

/** E-mail and password as anybody may send them: through our form, or to NextAuth's endpoint. */
export const passwordCredentials = z.object({
  email: z.string().max(320).refine(isPrintable),
  password: z.string().max(1024),
});

/** Runs a sign-in. An error is logged here and answered as `unavailable`, because NextAuth would put its message into a URL. */
export async function attemptSignIn(attempt: () => Promise<Result<SessionClaims>>): Promise<Result<SessionClaims>> {
  try {
    return await attempt();
  } catch (error) {
    log.error({ err: error }, 'sign-in failed');
    return fail('unavailable', 'Sign-in failed.');
  }
}
