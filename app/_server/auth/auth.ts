import 'server-only';
import type { NextAuthOptions } from 'next-auth';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { loadSession, type SessionClaims } from '#lib/auth/session.ts';
import { readClaims } from './claims.ts';
import { sessionCookie } from '../http/cookies.ts';
import { acceptOidc, credentials, devAdmin, oidc } from './providers.ts';
import { returnPath } from './return-path.ts';

/** Errors of expired or foreign cookies, which any visitor can cause: logged at debug level. */
const EXPECTED_ERRORS = new Set(['JWT_SESSION_ERROR']);
/** Errors of provider callbacks, which any visitor can forge: logged without their message, at most once a minute. */
const UNTRUSTED_ERRORS = /^OAUTH_CALLBACK|^CALLBACK_|^INVALID_CALLBACK/;
const REPORT_INTERVAL_MS = 60_000;
const lastReported = new Map<string, number>();

/** Built per request and not on import, because a build has no environment. */
export function authOptions(): NextAuthOptions {
  const { NEXTAUTH_SECRET, SESSION_ABSOLUTE_MINUTES } = env();
  const cookie = sessionCookie();
  return {
    secret: NEXTAUTH_SECRET,
    providers: [credentials(), ...devAdmin(), ...oidc()],
    // The idle limit is kept in the database; the cookie ends with the absolute one.
    session: { strategy: 'jwt', maxAge: SESSION_ABSOLUTE_MINUTES * 60 },
    pages: { signIn: '/login', signOut: '/login', error: '/login' },
    useSecureCookies: cookie.options.secure,
    cookies: { sessionToken: cookie },
    callbacks: {
      signIn: ({ user, account, profile }) => (account?.type === 'oauth' ? acceptOidc(user, profile) : true),
      redirect: ({ url, baseUrl }) => baseUrl + returnPath(url, baseUrl),
      jwt: async ({ token, user }) => ({ ...(await claimsOf(token, user)) }),
      session: ({ session }) => ({ expires: session.expires }),
    },
    logger: {
      error: reportAuthError,
      warn: (code) => log.debug({ code }, 'NextAuth warning'),
      debug: () => undefined,
    },
  };
}

/** Claims of a new session come from the sign-in; those of an existing one are checked in the database, or NextAuth clears the cookie. */
async function claimsOf(token: unknown, user: { claims?: unknown } | undefined) {
  const claims = readClaims(user ? user.claims : token);
  if (claims === null) throw new Error('the session holds no claims');
  if (!user && !(await isAlive(claims))) throw new Error('the session has ended');
  return claims;
}

/** Logs database errors here, because NextAuth treats them like an invalid cookie. */
async function isAlive(claims: SessionClaims): Promise<boolean> {
  try {
    return (await loadSession(db(), claims)) !== null;
  } catch (error) {
    log.error({ err: error }, 'session lookup failed');
    throw error;
  }
}

function reportAuthError(code: string, metadata: unknown): void {
  const untrusted = UNTRUSTED_ERRORS.test(code);
  const silent =
    EXPECTED_ERRORS.has(code) ||
    (untrusted && performance.now() - (lastReported.get(code) ?? -Infinity) < REPORT_INTERVAL_MS);
  if (untrusted && !silent) lastReported.set(code, performance.now());
  log[silent ? 'debug' : 'error']({ code, ...(untrusted ? {} : { reason: reasonOf(metadata) }) }, 'NextAuth failed');
}

/** Only the message: NextAuth's errors may quote the provider's responses. */
function reasonOf(metadata: unknown): string | undefined {
  const error = metadata instanceof Error ? metadata : (metadata as { error?: unknown } | undefined)?.error;
  return error instanceof Error ? error.message : undefined;
}
