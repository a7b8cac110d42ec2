import { ERASED } from '../audit/proof/commitment.ts';
import type { Prisma, Tx } from '../db.ts';
import { patternsOf } from './events.ts';
import { mentionsOf, partsOf } from './mentions.ts';
import type { Person } from './person.ts';

interface Batch {
  id: string;
  payload: string | null;
  exceptions: unknown[];
}

/** Batches of agents that name a person: those that wait for the worker, dead letters, and results that are kept for the agent. */
export function batchesAbout(tx: Tx, person: Person): Promise<Batch[]> {
  return tx.$queryRaw<Batch[]>`SELECT id, payload, exceptions FROM "AgentBatch"
    WHERE payload ILIKE ANY(${patternsOf(person)}::text[]) OR exceptions::text ILIKE ANY(${patternsOf(person)}::text[]) FOR UPDATE`;
}

/** Erases a person from batches of agents, and from the ids that make agents' events unique. @returns how many batches and ids were changed. */
export async function eraseFromBatches(tx: Tx, person: Person): Promise<{ batches: number; ids: number }> {
  const [mentioned, parts] = [mentionsOf(person), partsOf(person)];
  const without = (row: unknown): unknown =>
    mentioned(JSON.stringify(row)) ? withoutMentions(row, (text) => mentioned(text) || parts(text)) : row;
  let batches = 0;
  for (const { id, payload, exceptions } of await batchesAbout(tx, person)) {
    const before = { payload: payload === null ? null : (JSON.parse(payload) as unknown[]), exceptions };
    const after = { payload: before.payload?.map(without) ?? null, exceptions: exceptions.map(without) };
    if (JSON.stringify(after) === JSON.stringify(before)) continue;
    await tx.agentBatch.update({
      where: { id },
      data: {
        payload: after.payload === null ? null : JSON.stringify(after.payload),
        exceptions: after.exceptions as Prisma.InputJsonValue,
      },
    });
    batches += 1;
  }
  return { batches, ids: await eraseIds(tx, person, parts) };
}

/** The same value with each text and name that mentions the person replaced. */
function withoutMentions(value: unknown, mentioned: (text: string) => boolean): unknown {
  if (typeof value === 'string') return mentioned(value) ? ERASED : value;
  if (Array.isArray(value)) return value.map((item) => withoutMentions(item, mentioned));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [mentioned(key) ? ERASED : key, withoutMentions(item, mentioned)]),
  );
}

/** An id that names the person is replaced by one of its own: the agent's event would be taken in again, were it sent once more. */
async function eraseIds(tx: Tx, person: Person, mentioned: (text: string) => boolean): Promise<number> {
  const patterns = patternsOf(person);
  const rows = await tx.$queryRaw<{ agentId: string; source: string; eventId: string; auditEventId: string }[]>`
    SELECT "agentId", "source", "eventId", "auditEventId" FROM "AgentEventKey"
    WHERE "source" ILIKE ANY(${patterns}::text[]) OR "eventId" ILIKE ANY(${patterns}::text[])`;
  const named = rows.filter(({ source, eventId }) => mentioned(source) || mentioned(eventId));
  for (const { agentId, source, eventId, auditEventId } of named)
    await tx.agentEventKey.update({
      where: { agentId_source_eventId: { agentId, source, eventId } },
      data: { source: mentioned(source) ? ERASED : source, eventId: `${ERASED}:${auditEventId}` },
    });
  return named.length;
}
