import 'server-only';
import type { Profile, User } from 'next-auth';
import type { OAuthConfig, Provider } from 'next-auth/providers/index';
import CredentialsProvider from 'next-auth/providers/credentials';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import type { Origin } from '#lib/audit/events/catalogue.ts';
import type { Result } from '#lib/errors.ts';
import type { SessionClaims } from '#lib/auth/session.ts';
import { signIn } from '#lib/auth/sign-in.ts';
import { signInDevAdmin } from '#lib/auth/dev-admin.ts';
import { signInWithOidc } from '#lib/auth/oidc.ts';
import { attemptSignIn, passwordCredentials } from './credentials.ts';
import { requestOrigin } from '../http/origin.ts';

/** Throws only constant codes: NextAuth puts the message of what `authorize` throws into the URL. */
async function claimsOrThrow(attempt: (origin: Origin) => Promise<Result<SessionClaims>>): Promise<SessionClaims> {
  const origin = await requestOrigin('web');
  const result = await attemptSignIn(() => attempt(origin));
  if (!result.ok) throw new Error(result.code);
  return result.value;
}

/** E-mail and password. */
export function credentials(): Provider {
  return CredentialsProvider({
    id: 'credentials',
    credentials: { email: { type: 'email' }, password: { type: 'password' } },
    async authorize(given) {
      const input = passwordCredentials.safeParse(given);
      if (!input.success) throw new Error('invalid_input');
      const claims = await claimsOrThrow((origin) => signIn(db(), { ...input.data, origin }));
      return { id: claims.userId, claims };
    },
  });
}

/** One-click sign-in for development; `env()` rejects it in production. */
export function devAdmin(): Provider[] {
  if (!env().DEV_ADMIN) return [];
  return [
    CredentialsProvider({
      id: 'dev-admin',
      credentials: {},
      async authorize() {
        const claims = await claimsOrThrow((origin) => signInDevAdmin(db(), origin));
        return { id: claims.userId, claims };
      },
    }),
  ];
}

/** Present only when all three variables are set. */
export function oidcName(): string | null {
  const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME } = env();
  return OIDC_ISSUER && OIDC_CLIENT_ID && OIDC_CLIENT_SECRET ? OIDC_NAME : null;
}

/** The OpenID Connect provider, with PKCE, state and nonce. */
export function oidc(): Provider[] {
  const name = oidcName();
  if (name === null) return [];
  const { OIDC_ISSUER = '', OIDC_CLIENT_ID = '', OIDC_CLIENT_SECRET = '' } = env();
  const provider: OAuthConfig<Profile> = {
    id: 'oidc',
    name,
    type: 'oauth',
    wellKnown: `${OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration`,
    idToken: true,
    checks: ['pkce', 'state', 'nonce'],
    authorization: { params: { scope: 'openid email profile' } },
    clientId: OIDC_CLIENT_ID,
    clientSecret: OIDC_CLIENT_SECRET,
    profile: ({ sub }) => ({ id: sub ?? '' }),
  };
  return [provider];
}

/**
 * Signs in a user whom the provider has authenticated.
 * @returns true, or the URL of the sign-in page with an error code.
 */
export async function acceptOidc(user: User, profile: Profile | undefined): Promise<true | string> {
  try {
    user.claims = await claimsOrThrow((origin) => signInWithOidc(db(), profile, origin));
    return true;
  } catch (error) {
    return `/login?error=${error instanceof Error ? error.message : 'unavailable'}`;
  }
}
