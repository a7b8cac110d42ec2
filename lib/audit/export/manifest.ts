import { checkText, signText, type PublicKeys, type SigningKey } from '../proof/signing.ts';

/** The signed manifest of an export or an archive. */
export interface Manifest {
  format: 'ndjson' | 'csv' | 'ocsf';
  /** SHA-256 of the file, in hex. */
  sha256: string;
  rows: number;
  /** Creation time. */
  createdAt: string;
  /** The filters as text (none: all events of the log at that time), or the partition of an archive. */
  scope: Record<string, string>;
  /** Times of the newest and the oldest event, null when empty; absent in manifests of the first version. */
  newest?: string | null;
  oldest?: string | null;
  keyId: string;
  /** Ed25519, in hex. */
  signature: string;
}

/** File mode of exports and archives: readable by the owner only, because events contain personal data. */
export const OWNER_ONLY = 0o600;

/** A manifest before it is signed. */
export type ManifestFacts = Omit<Manifest, 'keyId' | 'signature'>;

function textOf({ format, sha256, rows, createdAt, scope, newest, oldest }: ManifestFacts): string {
  const facts = [format, sha256, rows, createdAt, Object.entries(scope).toSorted()];
  // Version 1 has no event range. Both versions can be verified and cannot be confused.
  if (newest === undefined && oldest === undefined) return `golive audit manifest 1\n${JSON.stringify(facts)}\n`;
  return `golive audit manifest 2\n${JSON.stringify([...facts, newest, oldest])}\n`;
}

/** Signs the manifest of an export or an archive. */
export function signManifest(key: SigningKey, facts: ManifestFacts): Manifest {
  return { ...facts, keyId: key.id, signature: signText(key, textOf(facts)).toString('hex') };
}

/** Verifies the manifest's signature; not the file's SHA-256. */
export const checkManifest = (keys: PublicKeys, manifest: Manifest) =>
  checkText(keys, manifest.keyId, textOf(manifest), Buffer.from(manifest.signature, 'hex'));

interface RangeFacts {
  rows: number;
  newest: string | null;
  oldest: string | null;
}

/** Counts the events of an export and tracks their time range. */
export class ExportRange {
  #rows: number;
  #newest: string | null;
  #oldest: string | null;

  /** @param before the state of an interrupted export. */
  constructor(before: RangeFacts = { rows: 0, newest: null, oldest: null }) {
    this.#rows = before.rows;
    this.#newest = before.newest;
    this.#oldest = before.oldest;
  }

  add(page: readonly { createdAt: Date }[]): void {
    this.#rows += page.length;
    this.#newest ??= page[0]?.createdAt.toISOString() ?? null;
    this.#oldest = page.at(-1)?.createdAt.toISOString() ?? this.#oldest;
  }

  facts(): RangeFacts {
    return { rows: this.#rows, newest: this.#newest, oldest: this.#oldest };
  }
}

/** Describes an export's content, so that a filtered export cannot pass as the whole log. */
export function describeManifest({ createdAt, scope, newest, oldest, format, keyId }: Manifest): string[] {
  const filters = Object.entries(scope).map(([name, value]) => `${name}=${value}`);
  return [
    `made      ${createdAt}, as ${format}, signed by key ${keyId}`,
    `filters   ${filters.length > 0 ? filters.join(', ') : 'none: every event of the log at that time'}`,
    ...(newest && oldest ? [`events    ${oldest} to ${newest}`] : []),
  ];
}
