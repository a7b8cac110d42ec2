import type { Db } from '../../db.ts';
import { env } from '../../env.ts';
import { anchorIsDue, shipAnchor, writeAnchor } from './anchor.ts';
import { signingKey } from './signing.ts';

/** Notes a transaction: long enough to be fast, short enough to stay far below the statement timeout. */
const BATCH = 20_000;

export interface Sealing {
  /** Another sealer is at work. */
  busy: boolean;
  /** Events sealed by this call. */
  sealed: number;
  /** Sequence of the chain's head, or null while there is none. */
  head: bigint | null;
}

interface Row {
  busy: boolean;
  sealed: number;
  head: bigint | null;
  head_hash: Uint8Array<ArrayBuffer> | null;
}

/**
 * Moves every pending note into the hash chain, and anchors the head when that is due. Safe to call from many processes at once.
 * @param anchor `always` anchors whatever has been sealed since the last anchor, for commands that end.
 */
export async function seal(
  db: Db,
  { anchor = 'due', signal }: { anchor?: 'due' | 'always'; signal?: AbortSignal } = {},
): Promise<Sealing> {
  const key = signingKey(env());
  let total = 0;
  for (;;) {
    const [row] = await db.$queryRaw<Row[]>`SELECT * FROM audit_seal(${BATCH}::int)`;
    if (row === undefined || row.busy) return { busy: true, sealed: total, head: null };
    total += row.sealed;
    if (row.sealed === BATCH && signal?.aborted !== true) continue;
    if (row.head !== null && row.head_hash !== null) {
      const head = { sequence: row.head, hash: row.head_hash };
      if (anchor === 'always' || (await anchorIsDue(db, key, head))) await shipAnchor(await writeAnchor(db, key, head));
    }
    return { busy: false, sealed: total, head: row.head };
  }
}
