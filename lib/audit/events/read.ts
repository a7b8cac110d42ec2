import type { Db, Tx } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';
import type { Prisma } from '../../db.ts';
import { isUuid } from '../../ids.ts';
import type { AuditContext } from './catalogue.ts';
import { filtersToText } from './filters.ts';
import { listAudit, type AuditPage } from './list.ts';
import type { AuditQuery } from './query.ts';
import { recordAudit } from './record.ts';

export type FullEvent = Prisma.AuditEventGetPayload<object>;

/** Lists a page and records the read. No transaction is needed: the page is returned only after its event is stored. */
export async function readAudit(db: Db, { actor, origin }: AuditContext, query: AuditQuery): Promise<AuditPage> {
  const page = await listAudit(db, query);
  const metadata = {
    filters: filtersToText(query.filters),
    rows: page.events.length,
    deeper: query.cursor !== undefined,
  };
  await recordAudit(db, { action: 'audit.read', outcome: 'success', actor, origin, metadata });
  return page;
}

/** One complete event, or null. Any text is allowed as id. */
export async function getAuditEvent(db: Tx, id: string): Promise<FullEvent | null> {
  return isUuid(id) ? db.auditEvent.findFirst({ where: { id } }) : null;
}

/** Reads one event and records the read. @returns `not_found` when there is none. */
export async function readAuditEvent(db: Db, { actor, origin }: AuditContext, id: string): Promise<Result<FullEvent>> {
  const event = await getAuditEvent(db, id);
  if (event === null) return fail('not_found', 'There is no such event.');
  const target = { type: 'audit_event', id, label: event.action };
  await recordAudit(db, { action: 'audit.event_read', outcome: 'success', actor, origin, target, metadata: {} });
  return ok(event);
}

/**
 * Creates a report from the log and records the read: reports contain names and addresses too.
 * @param id which report.
 */
export async function readReport<T>(
  db: Db,
  { actor, origin }: AuditContext,
  id: 'health' | 'security',
  make: () => Promise<T>,
): Promise<T> {
  const report = await make();
  const metadata = { filters: {}, rows: 0, deeper: false };
  const target = { type: 'audit_report', id };
  await recordAudit(db, { action: 'audit.read', outcome: 'success', actor, origin, target, metadata });
  return report;
}
