import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { EnvError, parseEnv } from './env.ts';

const SOUND = {
  DATABASE_URL: 'postgres://app:hidden-password@db.example.org/golive',
  NEXTAUTH_SECRET: 'k3pt-to-ourselves-k3pt-to-ourselves-k3pt',
};

/** The lines of the error, or nothing when the environment is fine. */
function faults(given: Record<string, string | undefined>): string[] {
  try {
    parseEnv({ ...SOUND, ...given });
    return [];
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    return error.message.split('\n').slice(1);
  }
}
const names = (given: Record<string, string | undefined>) => faults(given).map((line) => line.trim().split(':')[0]);

test('two variables are enough; everything else has a default', () => {
  expect(parseEnv(SOUND)).toMatchObject({
    NODE_ENV: 'development',
    PORT: 3000,
    DATABASE_POOL_MAX: 5,
    SESSION_IDLE_MINUTES: 60,
    SESSION_ABSOLUTE_MINUTES: 720,
    TRUSTED_PROXY_COUNT: 0,
    DEV_ADMIN: false,
  });
});

test('every bad variable is named in one go, also where two contradict each other', () => {
  expect(
    names({
      DATABASE_URL: 'mysql://x',
      NEXTAUTH_SECRET: undefined,
      PORT: 'http',
      TRUSTED_PROXY_COUNT: '-1',
      SESSION_IDLE_MINUTES: '0',
      NODE_ENV: 'production',
      DEV_ADMIN: 'true',
      OIDC_ISSUER: 'https://login.example.org',
    }).sort(),
  ).toEqual([
    'DATABASE_URL',
    'DEV_ADMIN',
    'NEXTAUTH_SECRET',
    'OIDC_CLIENT_ID',
    'OIDC_CLIENT_SECRET',
    'PORT',
    'SESSION_IDLE_MINUTES',
    'TRUSTED_PROXY_COUNT',
  ]);
});

test('no value ever stands in the message, whatever is wrong with it', () => {
  const secret = 'sw0rdfish';
  const given = Object.fromEntries(
    ['NODE_ENV', 'PORT', 'LOG_LEVEL', 'DATABASE_URL', 'DATABASE_POOL_MAX', 'NEXTAUTH_SECRET', 'NEXTAUTH_URL']
      .concat(['TRUSTED_PROXY_COUNT', 'SESSION_IDLE_MINUTES', 'OIDC_ISSUER', 'DEV_ADMIN', 'GIT_COMMIT'])
      .map((name) => [name, secret]),
  );
  const lines = faults({ ...given, MIGRATE_DATABASE_URL: `mysql://root:${secret}@db/x` });
  expect(lines.length).toBeGreaterThanOrEqual(Object.keys(given).length);
  expect(lines.join('\n')).not.toContain(secret);
});

test('the development admin stops a production process from starting, and only that', () => {
  expect(faults({ DEV_ADMIN: 'true', NODE_ENV: 'production' })).toEqual([
    '  DEV_ADMIN: must not be true in production: anyone could become admin',
  ]);
  expect(faults({ DEV_ADMIN: 'true', NODE_ENV: 'development' })).toEqual([]);
  expect(faults({ DEV_ADMIN: 'false', NODE_ENV: 'production' })).toEqual([]);
  expect(names({ DEV_ADMIN: 'TRUE', NODE_ENV: 'production' })).toEqual(['DEV_ADMIN']);
});

test('blank values count as absent, as the forms of platforms make them', () => {
  expect(faults({ PORT: '', NEXTAUTH_URL: '  ', OIDC_ISSUER: '', DEV_ADMIN: '' })).toEqual([]);
  expect(faults({ DATABASE_URL: ' ' })).toEqual(['  DATABASE_URL: is missing']);
});

test('the public address is an origin and nothing more', () => {
  for (const url of ['https://app.example.org', 'http://localhost:3000', 'https://App.Example.org'])
    expect(faults({ NEXTAUTH_URL: url }), url).toEqual([]);
  for (const url of [
    'https://app.example.org/',
    'https://app.example.org/login',
    'https://app.example.org?x=1',
    'https://app.example.org#x',
    'https://me@app.example.org',
    'javascript:alert(1)',
    'app.example.org',
  ])
    expect(names({ NEXTAUTH_URL: url }), url).toContain('NEXTAUTH_URL');
});

test('the commit defaults to that of the platform', () => {
  expect(parseEnv({ ...SOUND, RAILWAY_GIT_COMMIT_SHA: 'a'.repeat(40) }).GIT_COMMIT).toBe('a'.repeat(40));
  expect(parseEnv({ ...SOUND, RENDER_GIT_COMMIT: 'b'.repeat(40) }).GIT_COMMIT).toBe('b'.repeat(40));
  expect(parseEnv({ ...SOUND, GIT_COMMIT: 'c0ffee1', RENDER_GIT_COMMIT: 'b'.repeat(40) }).GIT_COMMIT).toBe('c0ffee1');
});

test('a signing key that would be refused at the first seal is refused at the start', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const former = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  for (const text of [
    pem,
    Buffer.from(pem).toString('base64'),
    privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  ])
    expect(names({ AUDIT_SIGNING_KEY: text })).toEqual([]);
  expect(names({ AUDIT_PUBLIC_KEYS: `${former}, ${former},` })).toEqual([]);
  const rsa = String(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  );
  for (const text of ['changeme', rsa, former])
    expect(names({ AUDIT_SIGNING_KEY: text })).toEqual(['AUDIT_SIGNING_KEY']);
  for (const text of [',', 'changeme', `${former},x`])
    expect(names({ AUDIT_PUBLIC_KEYS: text })).toEqual(['AUDIT_PUBLIC_KEYS']);
});
