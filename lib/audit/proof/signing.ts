import { createPrivateKey, createPublicKey, hkdfSync, sign, verify, type KeyObject } from 'node:crypto';
import { keyId, readPrivateKey, readPublicKey } from '../../ed25519.ts';

/** An Ed25519 key pair that signs checkpoints, prunes and manifests. */
export interface SigningKey {
  id: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** Public keys by id. */
export type PublicKeys = ReadonlyMap<string, KeyObject>;

/** PKCS #8 around a raw 32-byte Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The signing key. Without AUDIT_SIGNING_KEY it is derived from NEXTAUTH_SECRET; a separate key survives a change of that secret and can be
 * withheld from the web process.
 */
export function signingKey(env: { AUDIT_SIGNING_KEY?: string | undefined; NEXTAUTH_SECRET: string }): SigningKey {
  const privateKey = env.AUDIT_SIGNING_KEY
    ? readPrivateKey(env.AUDIT_SIGNING_KEY)
    : createPrivateKey({
        key: Buffer.concat([
          PKCS8_PREFIX,
          Buffer.from(hkdfSync('sha256', env.NEXTAUTH_SECRET, '', 'golive audit signing key', 32)),
        ]),
        format: 'der',
        type: 'pkcs8',
      });
  const publicKey = createPublicKey(privateKey);
  return { id: keyId(publicKey), privateKey, publicKey };
}

/** Trusted public keys: the current one, and former ones from AUDIT_PUBLIC_KEYS (separated by commas). */
export function trustedKeys(
  env: Parameters<typeof signingKey>[0] & { AUDIT_PUBLIC_KEYS?: string | undefined },
): PublicKeys {
  const former = (env.AUDIT_PUBLIC_KEYS ?? '').split(',').filter((text) => text.trim() !== '');
  const keys = [signingKey(env).publicKey, ...former.map((text) => readPublicKey(text.trim()))];
  return new Map(keys.map((key) => [keyId(key), key]));
}

/** The public half of a key alone, as what is believed. */
export const ownKey = ({ id, publicKey }: SigningKey): PublicKeys => new Map([[id, publicKey]]);

/** The public key in the format of AUDIT_PUBLIC_KEYS: SPKI in DER, as base64. */
export const publicKeyText = ({ publicKey }: SigningKey): string =>
  publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

/** Ed25519 over the text in UTF-8: 64 bytes. */
export const signText = (key: SigningKey, text: string): Buffer => sign(null, Buffer.from(text), key.privateKey);

/** Verifies a signature; `unknown key` when its key is not trusted. */
export function checkText(
  keys: PublicKeys,
  id: string,
  text: string,
  signature: Uint8Array,
): 'good' | 'bad' | 'unknown key' {
  const key = keys.get(id);
  if (key === undefined) return 'unknown key';
  return verify(null, Buffer.from(text), key, signature) ? 'good' : 'bad';
}

/** What a removal by retention signs. */
export const pruneText = (prune: {
  id: string;
  at: Date;
  partition: string;
  rows: number;
  digest: Uint8Array;
}): string =>
  `golive audit prune 1\n${prune.id}\n${prune.at.toISOString()}\n${prune.partition}\n${prune.rows}\n${Buffer.from(prune.digest).toString('hex')}\n`;
