import { checkText, signText, type PublicKeys, type SigningKey } from '../proof/signing.ts';

/** What accompanies an export or an archive: what is in it, and a signature over that. */
export interface Manifest {
  format: 'ndjson' | 'csv' | 'ocsf';
  /** SHA-256 of the file, in hex. */
  sha256: string;
  rows: number;
  /** When it was made. */
  createdAt: string;
  /** The filters, as text: none at all means every event of the log at that time. Or the partition of an archive. */
  scope: Record<string, string>;
  /** Times of the newest and the oldest event in it, null when it holds none; absent from manifests of before they were signed. */
  newest?: string | null;
  oldest?: string | null;
  keyId: string;
  /** Ed25519, in hex. */
  signature: string;
}

/** Mode of every file that we write with contents of the audit log or facts about it: events name people, so no other user reads them. */
export const OWNER_ONLY = 0o600;

/** What is known of a file before it is signed. */
export type ManifestFacts = Omit<Manifest, 'keyId' | 'signature'>;

function textOf({ format, sha256, rows, createdAt, scope, newest, oldest }: ManifestFacts): string {
  const facts = [format, sha256, rows, createdAt, Object.entries(scope).toSorted()];
  // The first form did not say which events the file covers. Both stay checkable, and neither can be read as the other.
  if (newest === undefined && oldest === undefined) return `golive audit manifest 1\n${JSON.stringify(facts)}\n`;
  return `golive audit manifest 2\n${JSON.stringify([...facts, newest, oldest])}\n`;
}

/** Completes the facts of an export or an archive with the key's name and its signature over them. */
export function signManifest(key: SigningKey, facts: ManifestFacts): Manifest {
  return { ...facts, keyId: key.id, signature: signText(key, textOf(facts)).toString('hex') };
}

/** Compares the signature with the facts. The file is not looked at: compare its SHA-256 with the manifest's. */
export const checkManifest = (keys: PublicKeys, manifest: Manifest) =>
  checkText(keys, manifest.keyId, textOf(manifest), Buffer.from(manifest.signature, 'hex'));

interface Covered {
  rows: number;
  newest: string | null;
  oldest: string | null;
}

/** Counts the events of an export, which come newest first, and remembers the ends of their range. */
export class Coverage {
  #rows: number;
  #newest: string | null;
  #oldest: string | null;

  /** @param before what an interrupted export had counted. */
  constructor(before: Covered = { rows: 0, newest: null, oldest: null }) {
    this.#rows = before.rows;
    this.#newest = before.newest;
    this.#oldest = before.oldest;
  }

  add(page: readonly { createdAt: Date }[]): void {
    this.#rows += page.length;
    this.#newest ??= page[0]?.createdAt.toISOString() ?? null;
    this.#oldest = page.at(-1)?.createdAt.toISOString() ?? this.#oldest;
  }

  facts(): Covered {
    return { rows: this.#rows, newest: this.#newest, oldest: this.#oldest };
  }
}

/** What an export holds, in lines for whoever has verified it: an export with filters must not pass as the whole log. */
export function describeManifest({ createdAt, scope, newest, oldest, format, keyId }: Manifest): string[] {
  const filters = Object.entries(scope).map(([name, value]) => `${name}=${value}`);
  return [
    `made      ${createdAt}, as ${format}, signed by key ${keyId}`,
    `filters   ${filters.length > 0 ? filters.join(', ') : 'none: every event of the log at that time'}`,
    ...(newest && oldest ? [`events    ${oldest} to ${newest}`] : []),
  ];
}
