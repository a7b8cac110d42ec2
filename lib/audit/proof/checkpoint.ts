import type { PublicKeys, SigningKey } from './signing.ts';
import { HASH_BYTES, type TreeHead } from './merkle.ts';
import { checkNote, parseNote, signNote, strictBase64 } from './note.ts';

/**
 * The log's origin and the name of the keys that sign for it. What tells two logs apart is the key: a name that is derived from a host or a
 * database would change with a move, and old checkpoints would then be those of another log.
 */
export const LOG_ORIGIN = 'golive/audit';

/** A head of the tree as https://c2sp.org/tlog-checkpoint has it: origin, size and root, as a signed note. */
export interface Checkpoint extends TreeHead {
  origin: string;
}

/** Signs a head of the tree. @returns the note. */
export function signCheckpoint(key: SigningKey, { size, root }: TreeHead): string {
  return signNote(`${LOG_ORIGIN}\n${size}\n${root.toString('base64')}\n`, LOG_ORIGIN, key);
}

/** The facts of a checkpoint, or null when the note is none. Its signature is not looked at. */
export function parseCheckpoint(note: string): Checkpoint | null {
  const text = parseNote(note)?.text;
  const [, origin, size, root] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n(?:[^\n]+\n)*$/.exec(text ?? '') ?? [];
  if (origin === undefined || size === undefined || root === undefined) return null;
  const bytes = strictBase64(root);
  const leaves = Number(size);
  if (bytes?.length !== HASH_BYTES || !Number.isSafeInteger(leaves)) return null;
  return { origin, size: leaves, root: bytes };
}

/** A checkpoint that one of the known keys has signed for this log, with that key's id; or why it is not one. */
export type CheckpointVerdict = (Checkpoint & { keyId: string }) | 'malformed' | 'unknown key' | 'bad signature';

/** Reads a checkpoint and checks who signed it. */
export function openCheckpoint(note: string, keys: PublicKeys): CheckpointVerdict {
  const [parsed, checkpoint] = [parseNote(note), parseCheckpoint(note)];
  if (parsed === null || checkpoint?.origin !== LOG_ORIGIN) return 'malformed';
  let verdict: CheckpointVerdict = 'unknown key';
  for (const [keyId, publicKey] of keys) {
    const said = checkNote(parsed, { name: LOG_ORIGIN, publicKey });
    if (said === 'good') return { ...checkpoint, keyId };
    if (said === 'bad') verdict = 'bad signature';
  }
  return verdict;
}
