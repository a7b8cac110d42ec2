import type { SessionClaims } from '#lib/auth/session.ts';

declare module 'next-auth' {
  interface User {
    id: string;
    /** Set when our own sign-in succeeded; without it no session is created. */
    claims?: SessionClaims;
  }
}

declare module 'next-auth/jwt' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the cookie holds the claims and nothing else
  interface JWT extends Partial<SessionClaims> {}
}
