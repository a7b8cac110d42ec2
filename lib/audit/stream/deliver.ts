import { createHmac } from 'node:crypto';
import { toLine } from '../../json/lines.ts';
import type { SealedEvent } from '../export/export.ts';

/** An event as it is sent: with its place in the chain, which is the order of its source. */
export type StreamedEvent = SealedEvent & { sequence: bigint };

/** What came of one delivery. `refused` will not change by trying again; `failed` may. */
export type Delivery =
  { outcome: 'delivered'; receipt: string | null } | { outcome: 'refused' | 'failed'; error: string };

/** A receiver of events; it gets them in order, at least once. */
export interface Sink {
  name: string;
  deliver(events: StreamedEvent[]): Promise<Delivery>;
}

const TIMEOUT_MS = 10_000;
const MAX_RECEIPT = 200;
/** Trying again helps with these; every other 4xx says that the delivery itself is wrong. */
const TRY_AGAIN = new Set([401, 403, 404, 408, 409, 425, 429]);

const lineOf = (event: StreamedEvent): string => toLine({ ...event, sequence: Number(event.sequence) });

/** What the receiver computes as well: HMAC-SHA-256 over time, a dot and the body, in hex. */
export const webhookSignature = (secret: string, time: string, body: string): string =>
  createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');

/**
 * A receiver over HTTP. Each POST carries NDJSON, the time and its signature; the receiver refuses old times, keeps ids, and answers 2xx only
 * once it has stored everything. Its `X-Receipt` header, if any, is kept.
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
        const final = response.status >= 400 && response.status < 500 && !TRY_AGAIN.has(response.status);
        return { outcome: final ? 'refused' : 'failed', error: `HTTP ${response.status}` };
      } catch (error) {
        return { outcome: 'failed', error: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** JSON lines, for a log collector that reads what a process prints. */
export function linesSink(write: (text: string) => Promise<void>): Sink {
  return {
    name: 'stdout',
    async deliver(events) {
      await write(events.map(lineOf).join(''));
      return { outcome: 'delivered', receipt: null };
    },
  };
}
