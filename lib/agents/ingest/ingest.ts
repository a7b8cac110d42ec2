import type { Origin } from '../../audit/events/catalogue.ts';
import type { Db } from '../../db.ts';
import { mapTransientErrors } from '../../db/transient.ts';
import { fail, ok, type Failure, type Result } from '../../errors.ts';
import { queueProducer } from '../../queue/boss.ts';
import { acceptBatch, findConflict } from './accept.ts';
import { readBody } from './body.ts';
import { parseMessage, type EventProblem, type Message } from './cloudevents.ts';
import { authenticate, type Caller } from '../keys.ts';
import { consumeTokens } from './limits.ts';
import { checkBackpressure } from './backpressure.ts';
import { oldestAcceptedTime } from '../retention.ts';
import { withConcurrencyLimit } from './concurrency.ts';
import { validateEvents } from './validate.ts';

/** An ingest request. */
export interface IngestRequest {
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  origin: Origin;
}

export interface Accepted {
  batchId: string;
  received: number;
  accepted: number;
  /** Problems of rejected events; only in batch mode, where the valid events are accepted. */
  errors: EventProblem[];
}

/**
 * Accepts agents' events: authentication, back-pressure, body, parsing, rate limit, validation, and one transaction.
 * @returns the accepted batch, or a failure whose `extra` may hold `errors` (with pointers) and `retryAfter` (seconds).
 */
export async function ingest(db: Db, request: IngestRequest): Promise<Result<Accepted>> {
  return mapTransientErrors(async () => {
    const caller = await authenticate(db, request.headers.get('authorization'), request.origin);
    if (!caller.ok) return caller;
    const pressure = await checkBackpressure(db);
    if (!pressure.ok) return pressure;
    return withConcurrencyLimit(caller.value.keyId, () => acceptRequest(db, caller.value, request));
  });
}

async function acceptRequest(db: Db, caller: Caller, request: IngestRequest): Promise<Result<Accepted>> {
  const body = await readBody(request.body, request.headers);
  const message = body.ok ? parseMessage(request.headers, body.value) : body;
  // A rejected request costs one event, so that the rate limit applies to invalid requests too.
  const charged = await consumeTokens(db, caller, message.ok ? Math.max(1, message.value.events.length) : 1);
  if (!charged.ok) return charged;
  if (!message.ok) return message;

  const receivedAt = new Date();
  const bounds = { agentName: caller.agentName, now: receivedAt, oldest: oldestAcceptedTime(receivedAt) };
  const { rows, problems } = validateEvents(message.value, bounds);
  // An empty batch is valid.
  if (rows.length === 0 && problems.length > 0) return rejectMessage(message.value, problems);
  if (message.value.mode !== 'batch') {
    const conflict = await findConflict(db, caller.agentId, rows[0]);
    if (conflict !== null) return conflict;
  }
  const received = message.value.events.length;
  const batchId = await acceptBatch(db, await queueProducer(db), {
    ...{ caller, rows, received, receivedAt },
    origin: request.origin,
  });
  return ok({ batchId, received, accepted: rows.length, errors: withRequestPointers(message.value, problems) });
}

function rejectMessage(message: Message, problems: EventProblem[]): Failure {
  return fail('invalid_input', 'No event was accepted; `errors` points to each problem.', {
    errors: withRequestPointers(message, problems),
  });
}

/** In a batch a pointer starts at the array, otherwise at the event. */
function withRequestPointers({ mode }: Message, problems: EventProblem[]): EventProblem[] {
  if (mode !== 'batch') return problems;
  return problems.map((problem) => ({ ...problem, pointer: `/${problem.index}${problem.pointer}` }));
}
