import { uuidv7 } from '#lib/ids.ts';
import { sendBatch, type Client } from '../../../scripts/support/agent-client.ts';

/** Events of the size that deployments, CI and devices report: about 700 bytes as a CloudEvent. */
export function realisticEvent(n: number): Record<string, unknown> {
  const time = new Date();
  return {
    specversion: '1.0',
    id: uuidv7(time),
    source: `/regions/eu-${n % 3}/clusters/${n % 40}`,
    type: 'org.example.platform.change',
    time: time.toISOString(),
    datacontenttype: 'application/json',
    data: {
      action: ['deploy.started', 'deploy.finished', 'config.changed', 'secret.read', 'job.failed'][n % 5],
      outcome: n % 20 === 0 ? 'failure' : 'success',
      actor: { id: `robot-${n % 500}`, label: `Robot ${n % 500} of the platform team` },
      target: { type: 'service', id: `service-${(n * 7919) % 5000}`, label: `Service ${(n * 7919) % 5000}` },
      correlationId: `run-${Math.floor(n / 20)}`,
      metadata: {
        version: `2026.11.${n % 30}`,
        commit: (n * 2654435761).toString(16).padStart(16, '0'),
        duration_ms: (n * 37) % 90_000,
        environment: n % 2 ? 'production' : 'staging',
        labels: { team: `team-${n % 25}`, tier: 'backend', cost_centre: `cc-${n % 60}` },
        message: 'Rolled out to all instances after the health checks had passed twice in a row',
      },
    },
  };
}

export const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => realisticEvent(from + i));

/** Sends `total` events in batches over several connections; waits when the server asks for it. */
export async function sendAll(client: Client, total: number, batch: number, connections: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let from = next; from < total; from = next) {
      next = from + batch;
      await sendBatch(client, JSON.stringify(events(from, Math.min(batch, total - from))));
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
}

/** Sends at a steady rate. @returns when each batch was sent (milliseconds since the epoch), by its id. */
export async function sendSteadily(client: Client, perSecond: number, seconds: number): Promise<Map<string, number>> {
  const batch = 100;
  const gap = (batch / perSecond) * 1000;
  const sent = new Map<string, number>();
  const underWay: Promise<void>[] = [];
  const begin = performance.now();
  for (let n = 0; n * gap < seconds * 1000; n++) {
    const early = begin + n * gap - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const at = Date.now();
    const body = JSON.stringify(events(n * batch, batch));
    underWay.push(sendBatch(client, body).then(({ batchId }) => void sent.set(batchId, at)));
  }
  await Promise.all(underWay);
  return sent;
}
