import type { Db, Tx } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { isUuid } from '../ids.ts';
import type { AuditContext } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { activeHolds, describeHold, type Hold } from '../audit/retention/holds.ts';
import { lockAdmins } from '../users/user-locks.ts';
import { eraseAccount, eraseFromHolds } from './account.ts';
import { batchesAbout, eraseFromBatches } from './batches.ts';
import { eraseFields, eventsAbout, type EventAbout } from './events.ts';
import { mentionsOf } from './mentions.ts';
import { findPerson, type Person } from './person.ts';

/** What an erasure would change, or has changed. */
export interface ErasureOutcome {
  /** Events, and how often each field of them. */
  events: number;
  fields: Record<string, number>;
  /** Events that stay as they are until retention removes them: their leaves hold the values themselves. */
  kept: number;
  /** Batches of agents. */
  batches: number;
  /** Whether there is an account that is closed and emptied. */
  account: boolean;
}

export interface ErasureOptions {
  reason: string;
  onProgress?: (events: number) => void;
}

/** The longest that the search in a large log may take, in milliseconds. The client needs this socket timeout. */
export const ERASURE_TIMEOUT_MS = 60 * 60_000;

/**
 * Says what an erasure would change, and refuses for the same reasons as the erasure.
 * @param db a connection of the owner.
 */
export function planErasure(
  db: Db,
  context: AuditContext,
  id: string,
  options: ErasureOptions,
): Promise<Result<ErasureOutcome>> {
  return inTransaction(db, context, id, options, async (tx, person, events) => ({
    ...summary(events, person),
    batches: (await batchesAbout(tx, person)).length,
  }));
}

/**
 * Erases a person from the log, from what agents have sent and from the accounts, in one transaction with the event that records it.
 * @param db a connection of the owner.
 * @returns `not_found` for an unknown person, `forbidden` when the actor is no active admin, `last_admin`, or `conflict` for what is under a
 * legal hold or a reason that names the person.
 */
export function erasePerson(
  db: Db,
  context: AuditContext,
  id: string,
  options: ErasureOptions,
): Promise<Result<ErasureOutcome>> {
  return inTransaction(db, context, id, options, async (tx, person, events) => {
    const { batches } = await eraseFromBatches(tx, person);
    if (person.account !== null) await eraseAccount(tx, person.account.id);
    await eraseFromHolds(tx, person);
    const outcome = { ...summary(events, person), batches };
    const erasure = await recordAudit(tx, {
      action: 'audit.person_erased',
      outcome: 'success',
      ...context,
      // What an agent calls a person may be an address.
      target: isUuid(person.id) ? { type: 'user', id: person.id } : { type: 'agent_actor', id: 'erased' },
      metadata: { reason: options.reason, ...outcome },
    });
    for (const event of events) if (event.erasable) await eraseFields(tx, event, erasure);
    return outcome;
  });
}

async function inTransaction(
  db: Db,
  context: AuditContext,
  id: string,
  { reason, onProgress }: ErasureOptions,
  work: (tx: Tx, person: Person, events: EventAbout[]) => Promise<ErasureOutcome>,
): Promise<Result<ErasureOutcome>> {
  const found = await findPerson(db, id);
  if (!found.ok) return found;
  const person = found.value;
  if (mentionsOf(person)(reason))
    return fail('conflict', 'the reason names the person, and it stays in the log: give one that does not');
  return db.$transaction(
    async (tx) => {
      await tx.$executeRaw`SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)`;
      const { mayAct, isLastAdmin } = await lockAdmins(tx, context, person.account?.id);
      if (!mayAct) return fail('forbidden', 'the admin is no active admin');
      if (isLastAdmin) return fail('last_admin', 'this is the last active admin: make somebody else an admin first');
      if (context.actor.type === 'user' && context.actor.id === person.id)
        return fail('conflict', 'nobody can erase themselves: another admin must');
      const events: EventAbout[] = [];
      for await (const event of eventsAbout(tx, person, onProgress)) events.push(event);
      const hold = (await activeHolds(tx)).find((one) => holds(one, person, events));
      if (hold !== undefined) return fail('conflict', `under a legal hold: ${describeHold(hold)}`);
      return ok(await work(tx, person, events));
    },
    { timeout: ERASURE_TIMEOUT_MS, maxWait: 10_000 },
  );
}

/** Whether a hold names the person, or covers one of the events. */
function holds(hold: Hold, person: Person, events: EventAbout[]): boolean {
  if (hold.actorId === person.id || hold.targetId === person.id) return true;
  return events.some(
    ({ createdAt, actorId, targetId }) =>
      (hold.from === null || createdAt >= hold.from) &&
      (hold.to === null || createdAt < hold.to) &&
      (hold.actorId === null || hold.actorId === actorId) &&
      (hold.targetId === null || hold.targetId === targetId),
  );
}

function summary(events: EventAbout[], person: Person): Omit<ErasureOutcome, 'batches'> {
  const erasable = events.filter((event) => event.erasable);
  const fields: Record<string, number> = {};
  for (const name of erasable.flatMap((event) => event.fields)) fields[name] = (fields[name] ?? 0) + 1;
  return {
    events: erasable.length,
    fields,
    kept: events.length - erasable.length,
    account: person.account !== null,
  };
}
