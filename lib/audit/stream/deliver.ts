import { createHmac } from 'node:crypto';
import { toLine } from '../../json/lines.ts';
import type { SealedEvent } from '../export/export.ts';

/** A streamed event with its position in the chain. */
export type StreamedEvent = SealedEvent & { sequence: bigint };

/** Result of a delivery. `refused` is permanent; `failed` may be retried. */
export type DeliveryResult =
  { outcome: 'delivered'; receipt: string | null } | { outcome: 'refused' | 'failed'; error: string };

/** A receiver of events: in order, at least once. */
export interface Sink {
  name: string;
  deliver(events: StreamedEvent[]): Promise<DeliveryResult>;
}

const TIMEOUT_MS = 10_000;
const MAX_RECEIPT = 200;
/** Retryable statuses; any other 4xx is permanent. */
const RETRYABLE_STATUSES = new Set([401, 403, 404, 408, 409, 425, 429]);

const lineOf = (event: StreamedEvent): string => toLine({ ...event, sequence: Number(event.sequence) });

/** Webhook signature: HMAC-SHA-256 over `time.body`, in hex. */
export const webhookSignature = (secret: string, time: string, body: string): string =>
  createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');

/**
 * A webhook sink. Each POST has NDJSON, a timestamp and a signature; the receiver should reject old timestamps, deduplicate by id, and
 * answer 2xx only once it has stored everything. Its `X-Receipt` header, if any, is stored.
 */
export function webhookSink(url: string, secret: string): Sink {
  return {
    name: `webhook:${new URL(url).host}`,
    async deliver(events) {
      const body = events.map(lineOf).join('');
      const time = String(Math.floor(Date.now() / 1000));
      const headers = {
        'Content-Type': 'application/x-ndjson',
        'X-Audit-Timestamp': time,
        'X-Audit-Signature': `sha256=${webhookSignature(secret, time, body)}`,
        'X-Audit-Sequence': String(events.at(-1)?.sequence ?? 0),
      };
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers,
          body,
          redirect: 'error',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await response.body?.cancel();
        if (response.ok)
          return { outcome: 'delivered', receipt: response.headers.get('x-receipt')?.slice(0, MAX_RECEIPT) ?? null };
        const final = response.status >= 400 && response.status < 500 && !RETRYABLE_STATUSES.has(response.status);
        return { outcome: final ? 'refused' : 'failed', error: `HTTP ${response.status}` };
      } catch (error) {
        return { outcome: 'failed', error: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** Writes NDJSON to standard output, for log collectors. */
export function stdoutSink(write: (text: string) => Promise<void>): Sink {
  return {
    name: 'stdout',
    async deliver(events) {
      await write(events.map(lineOf).join(''));
      return { outcome: 'delivered', receipt: null };
    },
  };
}
