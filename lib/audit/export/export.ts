import { Prisma, type Tx } from '../../db.ts';
import type { FullEvent } from '../events/read.ts';
import { coveredRange, segments } from '../events/coverage.ts';
import type { Position } from '../events/cursor.ts';
import type { AuditFilters } from '../events/filters.ts';
import { pageSql } from '../events/list.ts';

/** An event with everything it holds, and its leaf hash in hex once it is sealed. */
export type SealedEvent = FullEvent & { leaf: string | null };

export interface ExportScope {
  filters: AuditFilters;
  /** Conditions beside the filters. */
  more?: Prisma.Sql[];
  /** The last row of an interrupted export: it goes on below. */
  after?: Position;
}

const ROWS_AT_ONCE = 250;

const COLUMNS = Prisma.sql`*, (SELECT encode(c."leaf", 'hex') FROM "AuditChain" c
  WHERE c."createdAt" = "AuditEvent"."createdAt" AND c."eventId" = "AuditEvent"."id" ORDER BY c."sequence" DESC LIMIT 1) AS leaf`;

/**
 * Events newest first, a few hundred at a time by keyset: memory does not grow with the export, and no query and no transaction lasts. Events
 * written meanwhile are above the start and left out; the record of the export itself comes first.
 */
export async function* exportPages(db: Tx, { filters, more = [], after }: ExportScope): AsyncGenerator<SealedEvent[]> {
  const covered = await coveredRange(db);
  let cursor = after;
  for (const segment of segments(covered, { filters, limit: ROWS_AT_ONCE, ...(after ? { cursor: after } : {}) })) {
    for (;;) {
      const query = { filters, limit: ROWS_AT_ONCE, ...(cursor ? { cursor } : {}) };
      const page = await db.$queryRaw<SealedEvent[]>(pageSql(query, segment, COLUMNS, more));
      const last = page.at(-1);
      if (last === undefined) break;
      yield page;
      cursor = { createdAt: last.createdAt, id: last.id };
      if (page.length < ROWS_AT_ONCE) break;
    }
  }
}
