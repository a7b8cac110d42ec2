import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import Provider, { type Context } from 'oidc-provider';
import { freePort } from '../../support/postgres/postgres.ts';

/** What the provider says about whoever comes next. */
export interface Vouched {
  sub: string;
  email: string;
  email_verified: boolean;
}

const CLIENT = { client_id: 'golive', client_secret: randomUUID() };
const SCOPE = 'openid email profile';

/**
 * A real OpenID Connect provider that asks nobody anything: `next` is whom it takes the visitor for.
 * @param app the origin that people are sent back to.
 */
export async function startIdentityProvider(app: string) {
  const issuer = `http://127.0.0.1:${await freePort()}`;
  let vouched: Vouched | undefined;
  const people = new Map<string, Vouched>();
  const provider: Provider = new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris: [`${app}/api/auth/callback/oidc`] }],
    claims: { email: ['email', 'email_verified'] },
    // As the large providers do: the claims stand in the ID token.
    conformIdTokenClaims: false,
    cookies: { keys: [randomUUID()] },
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
    ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => '/ask' },
    findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => people.get(sub) }),
    loadExistingGrant: async ({ oidc: { client, session } }: Context) => {
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(SCOPE);
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  const server = createServer((request, response) => {
    if (request.url !== '/ask' || !vouched) {
      answer(request, response);
      return;
    }
    people.set(vouched.sub, vouched);
    void provider.interactionFinished(request, response, { login: { accountId: vouched.sub } });
  }).listen(Number(new URL(issuer).port), '127.0.0.1');
  await once(server, 'listening');
  return {
    variables: {
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: CLIENT.client_id,
      OIDC_CLIENT_SECRET: CLIENT.client_secret,
      OIDC_NAME: 'Example ID',
    },
    next: (who: Vouched) => void (vouched = who),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
