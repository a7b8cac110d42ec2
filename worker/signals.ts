import { readBacklog } from '#lib/agents/ingest/backpressure.ts';
import { verificationState } from '#lib/audit/verification/state.ts';
import type { Db } from '#lib/db.ts';
import { log } from '#lib/log.ts';
import { HEALTH_SIGNAL, type SignalName } from '#lib/release/signals.ts';

/** Measures the metrics of lib/release/signals.ts. */
export async function measureSignals(db: Db): Promise<Record<SignalName, number>> {
  const { lagSeconds } = await verificationState(db);
  // Computed from batches: a job scheduled for retry does not count as waiting in the queue, but its events do.
  const { lagMs } = await readBacklog(db);
  return { queueLagSeconds: lagMs / 1000, sealLagSeconds: lagSeconds };
}

/** Logs the metrics for platform alarms. */
export async function logSignals(db: Db): Promise<void> {
  log.info({ signal: HEALTH_SIGNAL, ...(await measureSignals(db)) }, 'signals');
}
