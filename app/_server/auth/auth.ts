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

/** A cookie that has ended or was never ours: any visitor can send one. */
const EXPECTED = new Set(['JWT_SESSION_ERROR']);
/** Also a provider that fails, but any visitor can send a made-up answer of it: told without their words, at most once a minute. */
const DOUBTFUL = /^OAUTH_CALLBACK|^CALLBACK_|^INVALID_CALLBACK/;
const TOLD_EVERY_MS = 60_000;
const lastTold = new Map<string, number>();

/** Made per request rather than on import: a build has no environment. */
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
      error: tellError,
      warn: (code) => log.debug({ code }, 'sign-in machinery warned'),
      debug: () => undefined,
    },
  };
}

/** A new session's claims come with the person; an old session's must still be alive, or NextAuth clears the cookie. */
async function claimsOf(token: unknown, user: { claims?: unknown } | undefined) {
  const claims = readClaims(user ? user.claims : token);
  if (claims === null) throw new Error('the session holds no claims');
  if (!user && !(await isAlive(claims))) throw new Error('the session has ended');
  return claims;
}

/** NextAuth takes a failing database for a bad cookie, so it is told to the log here. */
async function isAlive(claims: SessionClaims): Promise<boolean> {
  try {
    return (await loadSession(db(), claims)) !== null;
  } catch (error) {
    log.error({ err: error }, 'a session could not be looked up');
    throw error;
  }
}

function tellError(code: string, metadata: unknown): void {
  const doubtful = DOUBTFUL.test(code);
  const silent =
    EXPECTED.has(code) || (doubtful && performance.now() - (lastTold.get(code) ?? -Infinity) < TOLD_EVERY_MS);
  if (doubtful && !silent) lastTold.set(code, performance.now());
  log[silent ? 'debug' : 'error'](
    { code, ...(doubtful ? {} : { reason: reasonOf(metadata) }) },
    'sign-in machinery failed',
  );
}

/** NextAuth hands over errors that quote the provider's answers; the message is enough. */
function reasonOf(metadata: unknown): string | undefined {
  const error = metadata instanceof Error ? metadata : (metadata as { error?: unknown } | undefined)?.error;
  return error instanceof Error ? error.message : undefined;
}
