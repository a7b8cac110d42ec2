import { Prisma, type Tx } from '../../db.ts';
import type { AuditFilters } from '../events/filters.ts';
import { newestCheckpoint, proofText, PROVEN_COLUMNS, treeAt, type CoveringCheckpoint } from '../proof/prove.ts';
import type { PublicKeys } from '../proof/signing.ts';
import type { TreeReader } from '../proof/tree.ts';
import { readPages } from './export.ts';

/** A line of `FILE.proofs.ndjson.gz`: the `.tlog-proof` of an event, or null while no checkpoint covers it. */
export interface RowProof {
  id: string;
  proof: string | null;
}

/** The proofs beside an export. */
export const proofsFile = (file: string): string => `${file}.proofs.ndjson.gz`;

/** Which events an export holds. */
export interface ExportedRange {
  filters: AuditFilters;
  /** Times of the newest and the oldest event, as the manifest has them; null when there is none. */
  newest?: string | null;
  oldest?: string | null;
}

interface Row extends Record<string, unknown> {
  id: string;
  createdAt: Date;
  sequence: bigint | null;
  form: number | null;
}

const COLUMNS = Prisma.sql`${PROVEN_COLUMNS},
  (SELECT c."sequence" FROM "AuditChain" c WHERE c."createdAt" = "AuditEvent"."createdAt" AND c."eventId" = "AuditEvent"."id"
   ORDER BY c."sequence" DESC LIMIT 1) AS sequence,
  (SELECT c."form"::int FROM "AuditChain" c WHERE c."createdAt" = "AuditEvent"."createdAt" AND c."eventId" = "AuditEvent"."id"
   ORDER BY c."sequence" DESC LIMIT 1) AS form`;

/** Pages after which the hashes that were read are forgotten, so that memory does not grow with the export. */
const PAGES_PER_READER = 40;

/**
 * The proofs of the events of an export, page by page in its order, against the newest checkpoint. Events that were written after the export but
 * fall into its time range may be among them.
 * @param keys those whose checkpoints are believed.
 */
export async function* rowProofs(
  db: Tx,
  keys: PublicKeys,
  { filters, newest, oldest }: ExportedRange,
): AsyncGenerator<RowProof[]> {
  if (!newest || !oldest) return;
  const from = new Date(oldest);
  const to = new Date(Date.parse(newest) + 1);
  const checkpoint = await newestCheckpoint(db, keys);
  const open = () => treeAt(db, checkpoint?.size ?? 0);
  let pages = 0;
  let tree = open();
  for await (const page of readPages<Row>(db, { filters: { ...filters, from, to } }, COLUMNS)) {
    if (pages++ % PAGES_PER_READER === 0) tree = open();
    yield await Promise.all(page.map(async (row) => ({ id: row.id, proof: await proofOf(row, tree, checkpoint) })));
  }
}

async function proofOf(row: Row, tree: TreeReader, checkpoint: CoveringCheckpoint | null): Promise<string | null> {
  const { form } = row;
  const sequence = Number(row.sequence);
  if (checkpoint === null || row.sequence === null || form === null || sequence > checkpoint.size) return null;
  return proofText(row, { sequence, form, checkpoint }, tree);
}
