import type { Tx } from '../../db.ts';

export interface VerificationState {
  /** When the last run ended, or null when there was none. */
  at: Date | null;
  /** True when that run found the log intact. */
  ok: boolean;
  /** Last sequence verified by a successful run. */
  verifiedUpTo: bigint;
  finding: string | null;
  /** Number of events not sealed yet, and the age of the oldest in seconds. */
  pending: number;
  lagSeconds: number;
}

/** The last verification and the sealing lag, for the page. */
export async function verificationState(db: Tx): Promise<VerificationState> {
  const last = await db.auditVerification.findFirst({ orderBy: { at: 'desc' } });
  const good = await db.auditVerification.findFirst({
    where: { ok: true },
    orderBy: { at: 'desc' },
    select: { sequence: true },
  });
  const [row] = await db.$queryRaw<{ pending: number; lag: number | null }[]>`
    SELECT count(*)::int AS pending, extract(epoch FROM now() - min("createdAt"))::float8 AS lag FROM "AuditPending"`;
  return {
    at: last?.at ?? null,
    ok: last?.ok ?? false,
    verifiedUpTo: good?.sequence ?? 0n,
    finding: last?.finding ?? null,
    pending: row?.pending ?? 0,
    lagSeconds: Math.max(0, Math.round(row?.lag ?? 0)),
  };
}
