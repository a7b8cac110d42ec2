import { Prisma, type Db } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';
import type { Manifest } from '../export/manifest.ts';
import { ensurePartitions } from './partitions.ts';
import { recordAudit } from '../events/record.ts';
import type { PublicKeys } from '../proof/signing.ts';
import { readEvents, verifyExport, type ExportedEvent } from '../export/verify-export.ts';

const BATCH_ROWS = 500;

/**
 * Restores the events of a verified archive. They are sealed again at the end of the chain; existing events are skipped. @returns
 * `conflict` when the archive does not verify.
 */
export async function restoreArchive(
  db: Db,
  keys: PublicKeys,
  file: string,
  manifest: Manifest,
): Promise<Result<{ restored: number }>> {
  const check = await verifyExport(file, keys);
  if (!check.ok) return fail('conflict', check.finding?.detail ?? 'the archive does not verify');
  let restored = 0;
  let batch: ExportedEvent[] = [];
  const flush = async () => {
    const { count } = await db.auditEvent.createMany({ data: batch.map(toRow), skipDuplicates: true });
    restored += count;
    batch = [];
  };
  for await (const event of readEvents(file)) if (batch.push(event) === BATCH_ROWS) await flush();
  if (batch.length > 0) await flush();
  await ensurePartitions(db);
  await db.$transaction((tx) =>
    recordAudit(tx, {
      action: 'audit.archive_restored',
      outcome: 'success',
      actor: { type: 'system', id: 'audit-archive-restore', label: 'Archive' },
      origin: { source: 'cli' },
      metadata: { rows: restored, sha256: manifest.sha256 },
    }),
  );
  return ok({ restored });
}

/** Without the archive's leaf: the trigger computes it again, out of the same salts; events of before there were salts get some. */
function toRow(event: ExportedEvent): Prisma.AuditEventCreateManyInput {
  const columns = Object.entries(event).filter(
    ([name, value]) => name !== 'leaf' && name !== 'erased' && (name !== 'salts' || value !== null),
  );
  return Object.fromEntries(columns) as unknown as Prisma.AuditEventCreateManyInput;
}
