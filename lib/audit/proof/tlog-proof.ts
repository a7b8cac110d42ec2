import { hash } from 'node:crypto';
import type { PublicKeys } from './signing.ts';
import { openCheckpoint, type CheckpointVerdict } from './checkpoint.ts';
import { HASH_BYTES, leafHash, rootFromInclusion } from './merkle.ts';
import { strictBase64 } from './note.ts';

/** A proof of one entry as https://c2sp.org/tlog-proof has it. */
export interface TlogProof {
  /** The canonical text of the event, in UTF-8. */
  extra: Buffer;
  index: number;
  hashes: Buffer[];
  /** A signed note. */
  checkpoint: string;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53 leaves has no longer proofs. */
const MAX_HASHES = 53;

/** The file's text. */
export function formatProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const lines = [HEADER, `extra ${extra.toString('base64')}`, `index ${index}`];
  return `${[...lines, ...hashes.map((node) => node.toString('base64'))].join('\n')}\n\n${checkpoint}`;
}

/** The parts of a proof, or null when the text is none. Nothing is checked but its form. */
export function parseProof(text: string): TlogProof | null {
  const end = text.indexOf('\n\n');
  if (end < 0) return null;
  const [header, extraLine, indexLine, ...hashLines] = text.slice(0, end).split('\n');
  const [, extra] = /^extra (\S+)$/.exec(extraLine ?? '') ?? [];
  const [, index] = /^index (0|[1-9]\d{0,15})$/.exec(indexLine ?? '') ?? [];
  if (header !== HEADER || extra === undefined || index === undefined || hashLines.length > MAX_HASHES) return null;
  const hashes = hashLines.flatMap((line) => strictBase64(line) ?? []);
  const bytes = strictBase64(extra);
  if (bytes === null || hashes.length !== hashLines.length || hashes.some(({ length }) => length !== HASH_BYTES))
    return null;
  return { extra: bytes, index: Number(index), hashes, checkpoint: text.slice(end + 2) };
}

/**
 * What of an event is a leaf of the tree: its canonical text, or of an event that was sealed before there was a tree the SHA-256 of that
 * text. The text says which, by its first element.
 */
export function entryOf(canonical: Buffer): Buffer {
  return canonical.subarray(0, 3).toString() === '[1,' ? Buffer.from(hash('sha256', canonical, 'buffer')) : canonical;
}

/** A proof that holds: what it proves, and by which checkpoint. */
export interface Proven {
  /** Number of the event in the log, from 1. */
  sequence: number;
  /** The canonical text. */
  text: string;
  checkpoint: Exclude<CheckpointVerdict, string>;
}

/** Checks a proof with nothing but public keys. @returns what is proven, or one sentence that says why nothing is. */
export function checkProof(file: string, keys: PublicKeys): Proven | string {
  const proof = parseProof(file);
  if (proof === null) return 'the file is not a proof of one event (c2sp.org/tlog-proof@v1)';
  const checkpoint = openCheckpoint(proof.checkpoint, keys);
  if (checkpoint === 'malformed') return 'the proof has no checkpoint of an audit log';
  if (checkpoint === 'unknown key') return 'the checkpoint is not signed by the given key';
  if (checkpoint === 'bad signature') return 'the signature of the checkpoint does not hold';
  const root = rootFromInclusion(leafHash(entryOf(proof.extra)), proof.index, checkpoint.size, proof.hashes);
  if (root?.equals(checkpoint.root) !== true) return 'the event is not in the tree that was signed';
  return { sequence: proof.index + 1, text: proof.extra.toString(), checkpoint };
}
