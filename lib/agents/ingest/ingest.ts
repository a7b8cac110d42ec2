import type { Origin } from '../../audit/events/catalogue.ts';
import type { Db } from '../../db.ts';
import { mapTransientErrors } from '../../db/transient.ts';
import { fail, ok, type Failure, type Result } from '../../errors.ts';
import { producer } from '../../queue/boss.ts';
import { acceptBatch } from './accept.ts';
import { readBody } from './body.ts';
import { takeApart, type EventProblem, type Message } from './cloudevents.ts';
import { findConflict } from './conflict.ts';
import { authenticate, type Caller } from '../keys.ts';
import { charge } from './limits.ts';
import { checkPressure } from './backpressure.ts';
import { oldestAcceptable } from '../retention.ts';
import { inTurn } from './concurrency.ts';
import { validateEvents } from './validate.ts';

/** A request as the route got it. */
export interface IngestRequest {
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  origin: Origin;
}

export interface Accepted {
  batchId: string;
  received: number;
  accepted: number;
  /** One entry for each thing wrong; only in batch mode, where the good events were taken in all the same. */
  errors: EventProblem[];
}

/**
 * Takes agents' events in: key, back-pressure, body, message, rate limit, checks, and one transaction.
 * @returns the accepted batch, or a failure whose `extra` may hold `errors` (with pointers) and `retryAfter` (seconds).
 */
export async function ingest(db: Db, request: IngestRequest): Promise<Result<Accepted>> {
  return mapTransientErrors(async () => {
    const caller = await authenticate(db, request.headers.get('authorization'), request.origin);
    if (!caller.ok) return caller;
    const pressure = await checkPressure(db);
    if (!pressure.ok) return pressure;
    return inTurn(caller.value.keyId, () => takeIn(db, caller.value, request));
  });
}

async function takeIn(db: Db, caller: Caller, request: IngestRequest): Promise<Result<Accepted>> {
  const body = await readBody(request.body, request.headers);
  const message = body.ok ? takeApart(request.headers, body.value) : body;
  // A request that is refused costs one event: a flood of nonsense meets the limit too.
  const charged = await charge(db, caller, message.ok ? Math.max(1, message.value.events.length) : 1);
  if (!charged.ok) return charged;
  if (!message.ok) return message;

  const receivedAt = new Date();
  const bounds = { agentName: caller.agentName, now: receivedAt, oldest: oldestAcceptable(receivedAt) };
  const { rows, problems } = validateEvents(message.value, bounds);
  // A batch without events is valid and has nothing to refuse: it is a batch like others.
  if (rows.length === 0 && problems.length > 0) return refuse(message.value, problems);
  if (message.value.mode !== 'batch') {
    const conflict = await findConflict(db, caller.agentId, rows[0]);
    if (conflict !== null) return conflict;
  }
  const received = message.value.events.length;
  const batchId = await acceptBatch(db, await producer(db), {
    ...{ caller, rows, received, receivedAt },
    origin: request.origin,
  });
  return ok({ batchId, received, accepted: rows.length, errors: located(message.value, problems) });
}

function refuse(message: Message, problems: EventProblem[]): Failure {
  return fail('invalid_input', 'No event could be taken in; `errors` points to each problem.', {
    errors: located(message, problems),
  });
}

/** In a batch a pointer starts at the array; alone, at the event. */
function located({ mode }: Message, problems: EventProblem[]): EventProblem[] {
  if (mode !== 'batch') return problems;
  return problems.map((problem) => ({ ...problem, pointer: `/${problem.index}${problem.pointer}` }));
}
