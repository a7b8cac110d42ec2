import { Prisma, type Tx } from '../db.ts';
import { PERSON_COLUMNS } from '../audit/proof/commitment.ts';
import { fieldsAbout, spellingsOf, type EventTexts } from './mentions.ts';
import type { Person } from './person.ts';

/** An event that has person fields about somebody. */
export interface EventAbout {
  id: string;
  createdAt: Date;
  actorId: string | null;
  targetId: string | null;
  /** As `audit_erase()` names them. */
  fields: string[];
  /** False for one whose leaf holds the values themselves: it was sealed before leaf form 3. */
  erasable: boolean;
}

type Row = EventTexts & { id: string; createdAt: Date; salted: boolean };

const PAGE_ROWS = 1_000;
const COLUMNS = Prisma.raw(
  [...PERSON_COLUMNS, 'actorType', 'source', 'metadata'].map((name) => `"${name}"::text AS "${name}"`).join(', '),
);
const TEXTS = Prisma.raw([...PERSON_COLUMNS, 'metadata'].map((name) => `"${name}"::text`).join(', '));

/** A text as a pattern of LIKE that finds it anywhere. */
const anywhere = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** Patterns of LIKE for a person's names and addresses. */
export const patternsOf = ({ names, ips }: Person): string[] => [...names, ...ips].flatMap(spellingsOf).map(anywhere);

/** Reads every event with person fields about somebody, oldest first. The database looks for texts, what they mean is decided here. */
export async function* eventsAbout(
  tx: Tx,
  person: Person,
  onProgress: (events: number) => void = () => undefined,
): AsyncGenerator<EventAbout> {
  const patterns = patternsOf(person);
  let after = Prisma.empty;
  let found = 0;
  for (;;) {
    const page = await tx.$queryRaw<Row[]>`
      SELECT "id", "createdAt", "salts" IS NOT NULL AS salted, ${COLUMNS} FROM "AuditEvent"
      WHERE ("actorId" = ${person.id} OR "targetId" = ${person.id}
        OR concat_ws(E'\n', ${TEXTS}) ILIKE ANY(${patterns}::text[])) ${after}
      ORDER BY "createdAt", "id" LIMIT ${PAGE_ROWS}`;
    for (const row of page) {
      const fields = fieldsAbout(person, row);
      if (fields.length === 0) continue;
      const { id, createdAt, actorId, targetId, salted } = row;
      yield { id, createdAt, actorId, targetId, fields, erasable: salted };
      found += 1;
    }
    onProgress(found);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    after = Prisma.sql`AND ("createdAt", "id") > (${last.createdAt.toISOString()}::timestamptz, ${last.id}::uuid)`;
  }
}

/**
 * Erases fields of one event.
 * @param erasure the id of the event that records the erasure.
 */
export async function eraseFields(tx: Tx, event: EventAbout, erasure: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ erased: boolean }[]>`
    SELECT audit_erase(${event.id}::uuid, ${event.createdAt.toISOString()}::timestamptz, ${event.fields}::text[], ${erasure}::uuid) AS erased`;
  return row?.erased === true;
}
