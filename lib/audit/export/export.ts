import { Prisma, type Tx } from '../../db.ts';
import type { FullEvent } from '../events/read.ts';
import { partitionedRange, rangesToRead } from '../events/coverage.ts';
import type { Position } from '../events/cursor.ts';
import type { AuditFilters } from '../events/filters.ts';
import { pageSql } from '../events/list.ts';

/** A complete event with its leaf hash in hex once it is sealed. */
export type SealedEvent = FullEvent & { leaf: string | null };

export interface ExportScope {
  filters: AuditFilters;
  /** Additional conditions. */
  more?: Prisma.Sql[];
  /** Keyset position from which to resume. */
  after?: Position;
}

const PAGE_ROWS = 250;

const COLUMNS = Prisma.sql`*, (SELECT encode(c."leaf", 'hex') FROM "AuditChain" c
  WHERE c."createdAt" = "AuditEvent"."createdAt" AND c."eventId" = "AuditEvent"."id" ORDER BY c."sequence" DESC LIMIT 1) AS leaf`;

/**
 * Reads events newest first, page by page by keyset, with constant memory and without long queries or transactions. Events written
 * meanwhile are not included; the record of the export itself comes first.
 */
export const exportPages = (db: Tx, scope: ExportScope): AsyncGenerator<SealedEvent[]> =>
  readPages<SealedEvent>(db, scope, COLUMNS);

/** Pages of some columns, `id` and `createdAt` among them, in the order of an export. */
export async function* readPages<Row extends Position>(
  db: Tx,
  { filters, more = [], after }: ExportScope,
  columns: Prisma.Sql,
): AsyncGenerator<Row[]> {
  const partitioned = await partitionedRange(db);
  let cursor = after;
  for (const range of rangesToRead(partitioned, { filters, limit: PAGE_ROWS, ...(after ? { cursor: after } : {}) })) {
    for (;;) {
      const query = { filters, limit: PAGE_ROWS, ...(cursor ? { cursor } : {}) };
      const page = await db.$queryRaw<Row[]>(pageSql(query, range, columns, more));
      const last = page.at(-1);
      if (last === undefined) break;
      yield page;
      cursor = { createdAt: last.createdAt, id: last.id };
      if (page.length < PAGE_ROWS) break;
    }
  }
}
