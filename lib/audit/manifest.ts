import { checkText, signText, type PublicKeys, type SigningKey } from './signing.ts';

/** What accompanies an export or an archive: what is in it, and a signature over that. */
export interface Manifest {
  format: 'ndjson' | 'csv' | 'ocsf';
  /** SHA-256 of the file, in hex. */
  sha256: string;
  rows: number;
  createdAt: string;
  /** The filters, as text; or the partition of an archive. */
  scope: Record<string, string>;
  keyId: string;
  /** Ed25519, in hex. */
  signature: string;
}

/** Mode of every file that we write with contents of the audit log or facts about it: events name people, so no other user reads them. */
export const OWNER_ONLY = 0o600;

const textOf = ({ format, sha256, rows, createdAt, scope }: Omit<Manifest, 'keyId' | 'signature'>): string =>
  `golive audit manifest 1\n${JSON.stringify([format, sha256, rows, createdAt, Object.entries(scope).toSorted()])}\n`;

/** Completes the facts of an export or an archive with the key's name and its signature over them. */
export function signManifest(key: SigningKey, facts: Omit<Manifest, 'keyId' | 'signature'>): Manifest {
  return { ...facts, keyId: key.id, signature: signText(key, textOf(facts)).toString('hex') };
}

/** Whether a trusted key signed exactly these facts. The file is not looked at: compare its SHA-256 with the manifest's. */
export const checkManifest = (keys: PublicKeys, manifest: Manifest) =>
  checkText(keys, manifest.keyId, textOf(manifest), Buffer.from(manifest.signature, 'hex'));
