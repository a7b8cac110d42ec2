import type { Tx } from '../../db.ts';

/** Number of monthly partitions created in advance. */
const MONTHS_AHEAD = 3;

/**
 * Creates upcoming monthly partitions, and those of rows in the DEFAULT partition. Cheap when there is nothing to do.
 * @returns how many were made.
 */
export async function ensurePartitions(db: Tx, ahead = MONTHS_AHEAD): Promise<number> {
  const [row] = await db.$queryRaw<{ made: number }[]>`SELECT audit_ensure_partitions(${ahead}::int) AS made`;
  return row?.made ?? 0;
}
