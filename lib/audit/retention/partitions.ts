import type { Tx } from '../../db.ts';

/** Months that are made ahead: a prune job or a worker that is away for this long still loses no speed. */
const MONTHS_AHEAD = 3;

/**
 * Makes the months ahead, and those whose rows had to go to the DEFAULT partition. Cheap when there is nothing to do.
 * @returns how many were made.
 */
export async function ensurePartitions(db: Tx, ahead = MONTHS_AHEAD): Promise<number> {
  const [row] = await db.$queryRaw<{ made: number }[]>`SELECT audit_ensure_partitions(${ahead}::int) AS made`;
  return row?.made ?? 0;
}
