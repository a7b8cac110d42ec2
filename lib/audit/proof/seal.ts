import type { Db } from '../../db.ts';
import { env } from '../../env.ts';
import { checkpoint } from './checkpoints.ts';
import { signingKey } from './signing.ts';

/** Events sealed per transaction; stays far below the statement timeout. */
const BATCH_SIZE = 20_000;

export interface SealResult {
  /** Another sealer is running. */
  busy: boolean;
  /** Events sealed by this call. */
  sealed: number;
  /** Sequence of the last sealed event, which is the size of the tree; or null while there is none. */
  head: bigint | null;
}

interface Row {
  busy: boolean;
  sealed: number;
  head: bigint | null;
  more: boolean;
}

/**
 * Makes every pending note a leaf of the tree, and signs a checkpoint of its head when that is due. Safe to call from many processes at once.
 * @param checkpoint `always` signs whatever has been sealed since the last one, for commands that end.
 * @throws when the tree no longer begins with the one that was signed last: nothing is signed over that.
 */
export async function seal(
  db: Db,
  { checkpoint: how = 'due', signal }: { checkpoint?: 'due' | 'always'; signal?: AbortSignal } = {},
): Promise<SealResult> {
  const key = signingKey(env());
  let total = 0;
  for (;;) {
    const [row] = await db.$queryRaw<Row[]>`SELECT * FROM audit_seal(${BATCH_SIZE}::int)`;
    if (row === undefined || row.busy) return { busy: true, sealed: total, head: null };
    total += row.sealed;
    if (row.more && signal?.aborted !== true) continue;
    const size = Number(row.head ?? 0);
    if (!row.more && size > 0) await checkpoint(db, key, size, how);
    return { busy: false, sealed: total, head: row.head };
  }
}
