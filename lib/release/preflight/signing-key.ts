import { signingKey, trustedKeys } from '../../audit/proof/signing.ts';
import { green, red, yellow, type Check } from './check.ts';

const MAKE = 'make one with: openssl genpkey -algorithm ed25519 -outform DER | base64 -w0';

export const signingKeys: Check = {
  name: 'signing-key',
  description: 'the audit log is signed by a key of its own',
  run({ env }) {
    const { AUDIT_SIGNING_KEY, AUDIT_PUBLIC_KEYS, NEXTAUTH_SECRET = '' } = env;
    const keys = { NEXTAUTH_SECRET, AUDIT_SIGNING_KEY: AUDIT_SIGNING_KEY || undefined, AUDIT_PUBLIC_KEYS };
    try {
      signingKey(keys);
    } catch {
      return Promise.resolve([red('AUDIT_SIGNING_KEY is not an Ed25519 key in PKCS #8', MAKE)]);
    }
    try {
      trustedKeys(keys);
    } catch {
      const fix = 'npm run audit:export -- --public-key prints what belongs there';
      return Promise.resolve([red('AUDIT_PUBLIC_KEYS holds something that is not an Ed25519 public key', fix)]);
    }
    if (AUDIT_SIGNING_KEY) return Promise.resolve([green(`key ${signingKey(keys).id}`)]);
    const reason = 'the audit log is signed by a key derived from NEXTAUTH_SECRET, which changes with it';
    return Promise.resolve([yellow(reason, `set AUDIT_SIGNING_KEY; ${MAKE}`)]);
  },
};
