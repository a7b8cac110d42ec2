import { Prisma, type Tx } from '../../db.ts';
import type { AuditFilters } from '../events/filters.ts';
import { openCheckpoint } from '../proof/checkpoint.ts';
import { canonicalBytes, isForm, LEAF_TEXTS, leafRowOf } from '../proof/leaf-bytes.ts';
import type { PublicKeys } from '../proof/signing.ts';
import { formatProof } from '../proof/tlog-proof.ts';
import { storedTree, TreeReader } from '../proof/tree.ts';
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

const COLUMNS = Prisma.sql`"createdAt", ${Prisma.raw(LEAF_TEXTS.map((name) => `"${name}"::text`).join(', '))},
  (SELECT c."sequence" FROM "AuditChain" c WHERE c."createdAt" = "AuditEvent"."createdAt" AND c."eventId" = "AuditEvent"."id"
   ORDER BY c."sequence" DESC LIMIT 1) AS sequence,
  (SELECT c."form"::int FROM "AuditChain" c WHERE c."createdAt" = "AuditEvent"."createdAt" AND c."eventId" = "AuditEvent"."id"
   ORDER BY c."sequence" DESC LIMIT 1) AS form`;

/** Checkpoints that are looked through for one that a known key has signed. */
const LOOKED_THROUGH = 20;
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
  const open = (size: number) =>
    new TreeReader(
      storedTree((query) => db.$queryRaw(query)),
      size,
    );
  let pages = 0;
  let tree = open(checkpoint?.size ?? 0);
  for await (const page of readPages<Row>(db, { filters: { ...filters, from, to } }, COLUMNS)) {
    if (pages++ % PAGES_PER_READER === 0) tree = open(checkpoint?.size ?? 0);
    yield await Promise.all(page.map(async (row) => ({ id: row.id, proof: await proofOf(row, tree, checkpoint) })));
  }
}

interface Covering {
  size: number;
  note: string;
}

/** The largest checkpoint of a known key. */
async function newestCheckpoint(db: Tx, keys: PublicKeys): Promise<Covering | null> {
  const rows = await db.auditCheckpoint.findMany({ orderBy: { size: 'desc' }, take: LOOKED_THROUGH });
  for (const { size, note } of rows) {
    const opened = openCheckpoint(note, keys);
    if (typeof opened !== 'string' && opened.size === Number(size)) return { size: opened.size, note };
  }
  return null;
}

async function proofOf(row: Row, tree: TreeReader, checkpoint: Covering | null): Promise<string | null> {
  const { sequence, form } = row;
  if (checkpoint === null || sequence === null || form === null || Number(sequence) > checkpoint.size) return null;
  if (!isForm(form)) throw new Error(`the log has leaves of form ${form}: this release is older than they are`);
  const texts = LEAF_TEXTS.map((name) => (row[name] ?? null) as string | null);
  const index = Number(sequence) - 1;
  return formatProof({
    extra: canonicalBytes(leafRowOf(row.createdAt.getTime(), texts), form),
    index,
    hashes: await tree.inclusion(index),
    checkpoint: checkpoint.note,
  });
}
