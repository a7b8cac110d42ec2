import type { Tx } from '../../db.ts';
import { env } from '../../env.ts';
import { trustedKeys } from '../proof/signing.ts';
import { isProvenRecord } from './records.ts';

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

/** Rows that are looked through for one that is signed, in the order of their time. */
const LOOKED_THROUGH = 200;

/** The last verification whose record is signed, and the sealing lag, for the page. */
export async function verificationState(db: Tx): Promise<VerificationState> {
  const keys = trustedKeys(env());
  const recent = await db.auditVerification.findMany({ orderBy: { at: 'desc' }, take: LOOKED_THROUGH });
  const proven = recent.filter((row) => isProvenRecord({ ...row, sequence: Number(row.sequence) }, row.note, keys));
  const [last, good] = [proven[0], proven.find(({ ok }) => ok)];
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
