import type { Db } from '../../db.ts';
import { env } from '../../env.ts';
import { isAnchorDue, shipAnchor, writeAnchor } from './anchor.ts';
import { signingKey } from './signing.ts';

/** Events sealed per transaction; stays far below the statement timeout. */
const BATCH_SIZE = 20_000;

export interface SealResult {
  /** Another sealer is running. */
  busy: boolean;
  /** Events sealed by this call. */
  sealed: number;
  /** Sequence of the chain's head, or null for an empty chain. */
  head: bigint | null;
}

interface Row {
  busy: boolean;
  sealed: number;
  head: bigint | null;
  head_hash: Uint8Array<ArrayBuffer> | null;
}

/**
 * Moves pending events of the outbox into the hash chain, and anchors the head when due. Safe to call concurrently.
 * @param anchor `always` anchors even before the interval has passed, for one-off commands.
 */
export async function seal(
  db: Db,
  { anchor = 'due', signal }: { anchor?: 'due' | 'always'; signal?: AbortSignal } = {},
): Promise<SealResult> {
  const key = signingKey(env());
  let total = 0;
  for (;;) {
    const [row] = await db.$queryRaw<Row[]>`SELECT * FROM audit_seal(${BATCH_SIZE}::int)`;
    if (row === undefined || row.busy) return { busy: true, sealed: total, head: null };
    total += row.sealed;
    if (row.sealed === BATCH_SIZE && signal?.aborted !== true) continue;
    if (row.head !== null && row.head_hash !== null) {
      const head = { sequence: row.head, hash: row.head_hash };
      if (anchor === 'always' || (await isAnchorDue(db, key, head))) await shipAnchor(await writeAnchor(db, key, head));
    }
    return { busy: false, sealed: total, head: row.head };
  }
}
