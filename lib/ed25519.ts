import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

/** Key id: the first 16 hex digits of the SHA-256 of the public key in SPKI form. */
export function keyId(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Reads an Ed25519 private key in PKCS #8: a PEM text (real or escaped line breaks), the base64 of that text, or the base64 of the DER form.
 * @throws when it is none of these, or a key of another kind.
 */
export function readPrivateKey(text: string): KeyObject {
  const pem = pemOf(text);
  return ofKind(
    pem === undefined
      ? createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' })
      : createPrivateKey(pem),
  );
}

/** Reads an Ed25519 public key in SPKI: the path of a file, or what `readPrivateKey()` takes. @throws as that does. */
export function readPublicKey(text: string): KeyObject {
  const value = existsSync(text) ? readFileSync(text, 'utf8').trim() : text;
  const pem = pemOf(value);
  return ofKind(
    pem === undefined
      ? createPublicKey({ key: Buffer.from(value, 'base64'), format: 'der', type: 'spki' })
      : createPublicKey(pem),
  );
}

/** Whether a text is a private key that can sign. */
export function isPrivateKey(text: string): boolean {
  try {
    readPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is a public key. */
export function isPublicKey(text: string): boolean {
  try {
    readPublicKey(text);
    return true;
  } catch {
    return false;
  }
}

const BEGIN = '-----BEGIN';

function pemOf(text: string): string | undefined {
  const plain = text.includes(BEGIN) ? text : Buffer.from(text, 'base64').toString('utf8');
  return plain.includes(BEGIN) ? plain.replaceAll('\\n', '\n') : undefined;
}

function ofKind(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('must be an Ed25519 key');
  return key;
}
