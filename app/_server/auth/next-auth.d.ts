import type { SessionClaims } from '#lib/auth/session.ts';

declare module 'next-auth' {
  interface User {
    id: string;
    /** Set by a provider once our own sign-in has agreed; without it no session is made. */
    claims?: SessionClaims;
  }
}

declare module 'next-auth/jwt' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the cookie holds the claims and nothing else
  interface JWT extends Partial<SessionClaims> {}
}
