import { setTimeout as sleep } from 'node:timers/promises';

/** A client of the ingest API with batches, retries with back-off, and Retry-After. */

export interface BatchAnswer {
  batchId: string;
  received: number;
  accepted: number;
  errors: { index: number; pointer: string; detail: string }[];
}

export interface Client {
  origin: string;
  key: string;
  /** Retries after the first attempt. */
  retries: number;
  /** Told before each wait. */
  onRetry?: (reason: string, waitMs: number) => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const ANSWER_WITHIN_MS = 30_000;

/** A permanent rejection by the server. */
export class RejectedRequest extends Error {
  override name = 'Refused';
  readonly errors: BatchAnswer['errors'];
  constructor(message: string, errors: BatchAnswer['errors'] = []) {
    super(message);
    this.errors = errors;
  }
}

/**
 * Sends one batch. Sending is idempotent, so it is retried after a lost response. @throws Refused on a permanent rejection; Error after the
 * last attempt.
 */
export async function sendBatch(client: Client, body: string): Promise<BatchAnswer> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await tryOnce(client, body);
    if ('answer' in outcome) return outcome.answer;
    if (attempt >= client.retries) throw new Error(`gave up after ${attempt + 1} tries: ${outcome.reason}`);
    const backOff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
    const waitMs = Math.round(outcome.retryAfterMs ?? backOff);
    client.onRetry?.(outcome.reason, waitMs);
    await sleep(waitMs);
  }
}

/** The message of fetch errors is in `cause`. */
function failureReason(error: unknown): string {
  const { cause, message } = error as Error;
  return (cause as Error | undefined)?.message ?? message;
}

type Outcome = { answer: BatchAnswer } | { reason: string; retryAfterMs?: number };

async function tryOnce({ origin, key }: Client, body: string): Promise<Outcome> {
  let response: Response;
  try {
    response = await fetch(new URL('/api/agent/events', origin), {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/cloudevents-batch+json' },
      body,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch (error) {
    return { reason: failureReason(error) };
  }
  if (response.status === 202) return { answer: (await response.json()) as BatchAnswer };
  const problem = (await response.json().catch(() => ({}))) as { detail?: string; errors?: BatchAnswer['errors'] };
  const reason = `${response.status} ${problem.detail ?? ''}`.trim();
  if (response.status !== 429 && response.status < 500) throw new RejectedRequest(reason, problem.errors);
  const seconds = Number(response.headers.get('retry-after'));
  return seconds > 0 ? { reason, retryAfterMs: seconds * 1000 } : { reason };
}
