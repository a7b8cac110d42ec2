import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { readPublicKey } from '../../ed25519.ts';
import { checkText, publicKeyText, signingKey, signText, trustedKeys } from './signing.ts';

const NEXTAUTH_SECRET = 'only-for-tests-only-for-tests-only';
const pair = generateKeyPairSync('ed25519');
const pem = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
const base64 = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');

test('one key is the same as PEM, as PEM with escaped line breaks, and as base64 of either form', () => {
  const ids = [pem, pem.replaceAll('\n', '\\n'), Buffer.from(pem).toString('base64'), base64].map(
    (text) => signingKey({ AUDIT_SIGNING_KEY: text, NEXTAUTH_SECRET }).id,
  );
  expect(new Set(ids).size).toBe(1);
});

test('without a key of its own the log is still signed, by one that the secret always yields', () => {
  const [a, b] = [signingKey({ NEXTAUTH_SECRET }), signingKey({ NEXTAUTH_SECRET })];
  expect(a.id).toBe(b.id);
  expect(signingKey({ NEXTAUTH_SECRET: `${NEXTAUTH_SECRET}!` }).id).not.toBe(a.id);
  expect(checkText(trustedKeys({ NEXTAUTH_SECRET }), a.id, 'text', signText(b, 'text'))).toBe('good');
});

test('after a rotation the former public key is still valid, and an unknown key is not', () => {
  const former = signingKey({ AUDIT_SIGNING_KEY: base64, NEXTAUTH_SECRET });
  const signature = signText(former, 'text');
  const keys = trustedKeys({ NEXTAUTH_SECRET, AUDIT_PUBLIC_KEYS: publicKeyText(former) });
  expect(checkText(keys, former.id, 'text', signature)).toBe('good');
  expect(checkText(keys, former.id, 'another text', signature)).toBe('bad');
  expect(checkText(trustedKeys({ NEXTAUTH_SECRET }), former.id, 'text', signature)).toBe('unknown key');
});

test('a key of another kind is refused', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  expect(() => signingKey({ AUDIT_SIGNING_KEY: text, NEXTAUTH_SECRET })).toThrow(/Ed25519/);
  expect(() => readPublicKey('not a key')).toThrow();
});
