import { readBacklog } from '#lib/agents/ingest/backpressure.ts';
import { verificationState } from '#lib/audit/proof/verification.ts';
import type { Db } from '#lib/db.ts';
import { log } from '#lib/log.ts';
import { HEALTH_SIGNAL, type SignalName } from '#lib/release/signals.ts';

/** The numbers of lib/release/signals.ts, as they are now. */
export async function measureSignals(db: Db): Promise<Record<SignalName, number>> {
  const { lagSeconds } = await verificationState(db);
  // From the batches: a job that is tried again later does not wait in the queue's eyes, and its events do.
  const { lagMs } = await readBacklog(db);
  return { queueLagSeconds: lagMs / 1000, sealLagSeconds: lagSeconds };
}

/** Writes the line that platforms make metrics and alarms from. */
export async function logSignals(db: Db): Promise<void> {
  log.info({ signal: HEALTH_SIGNAL, ...(await measureSignals(db)) }, 'signals');
}
