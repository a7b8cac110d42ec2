import { Prisma, type Tx } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';
import { openingsOf, type Openings } from './disclosure.ts';
import { canonicalBytes, isForm, LEAF_TEXTS, leafRowOf, type Form } from './leaf-bytes.ts';
import type { PublicKeys } from './signing.ts';
import { openCheckpoint } from './checkpoint.ts';
import { checkProof, formatProof } from './tlog-proof.ts';
import { storedTree, TreeReader } from './tree.ts';

/** Where an event stands in the log. */
export interface Seal {
  /** Its number, from 1. */
  sequence: number;
  form: Form;
  /** The first checkpoint that covers it, or null until that is signed. */
  checkpoint: CoveringCheckpoint | null;
}

/** A signed checkpoint whose tree holds the event. */
export interface CoveringCheckpoint {
  size: number;
  at: Date;
  keyId: string;
  note: string;
}

interface Place {
  id: string;
  createdAt: Date;
}

/** Checkpoints that are looked through for one that a known key has signed. */
const LOOKED_THROUGH = 20;

/** How an event is sealed, or null while it is not. An event that was brought back from an archive is where it was sealed last. */
export async function sealOf(db: Tx, keys: PublicKeys, { id, createdAt }: Place): Promise<Seal | null> {
  const row = await db.auditChain.findFirst({
    where: { createdAt, eventId: id },
    orderBy: { sequence: 'desc' },
    select: { sequence: true, form: true },
  });
  if (row === null) return null;
  const rows = await db.auditCheckpoint.findMany({
    where: { size: { gte: row.sequence } },
    orderBy: { size: 'asc' },
    take: LOOKED_THROUGH,
  });
  const seal = { sequence: Number(row.sequence), form: formOf(row.form) };
  return { ...seal, checkpoint: firstSigned(rows, keys) };
}

/** The largest checkpoint that one of the keys has signed. */
export async function newestCheckpoint(db: Tx, keys: PublicKeys): Promise<CoveringCheckpoint | null> {
  return firstSigned(await db.auditCheckpoint.findMany({ orderBy: { size: 'desc' }, take: LOOKED_THROUGH }), keys);
}

function firstSigned(
  rows: readonly { size: bigint; at: Date; note: string }[],
  keys: PublicKeys,
): CoveringCheckpoint | null {
  for (const { size, at, note } of rows) {
    const opened = openCheckpoint(note, keys);
    if (typeof opened !== 'string' && opened.size === Number(size))
      return { size: opened.size, at, keyId: opened.keyId, note };
  }
  return null;
}

export interface EventProof {
  sequence: number;
  keyId: string;
  /** The text of the `.tlog-proof`. */
  text: string;
  /** The values that its leaf only commits to. */
  openings: Openings;
}

/** The columns of an event that a proof is made of. */
export const PROVEN_COLUMNS = Prisma.raw(`"createdAt", ${LEAF_TEXTS.map((name) => `"${name}"::text`).join(', ')}`);

/** An event's number and form, and the checkpoint that covers it. */
interface Position {
  sequence: number;
  form: number;
  checkpoint: Pick<CoveringCheckpoint, 'note'>;
}

/**
 * The text of an event's `.tlog-proof`, unchecked.
 * @param event its `PROVEN_COLUMNS`.
 * @param tree of the size of the checkpoint.
 */
export async function proofText(
  event: Pick<Place, 'createdAt'> & Record<string, unknown>,
  { sequence, form, checkpoint }: Position,
  tree: TreeReader,
): Promise<string> {
  const texts = LEAF_TEXTS.map((name) => (event[name] ?? null) as string | null);
  return formatProof({
    extra: canonicalBytes(leafRowOf(event.createdAt.getTime(), texts), formOf(form)),
    index: sequence - 1,
    hashes: await tree.inclusion(sequence - 1),
    checkpoint: checkpoint.note,
  });
}

/** The stored tree at a size. */
export const treeAt = (db: Tx, size: number): TreeReader =>
  new TreeReader(
    storedTree((query) => db.$queryRaw(query)),
    size,
  );

function formOf(form: number): Form {
  if (isForm(form)) return form;
  throw new Error(`the log has leaves of form ${form}: this release is older than they are`);
}

/**
 * The proof of an event: its canonical text, its place in the tree and a signed checkpoint, for anybody who has the public key. It is checked
 * before it is given out.
 * @returns `not_found` when there is no such event, `conflict` while it is not sealed and signed, or when it is not what was sealed.
 */
export async function proveEvent(db: Tx, keys: PublicKeys, id: string): Promise<Result<EventProof>> {
  const [event] = await db.$queryRaw<(Place & Record<string, string | null>)[]>`
    SELECT ${PROVEN_COLUMNS} FROM "AuditEvent" WHERE "id" = ${id}::uuid LIMIT 1`;
  if (event === undefined) return fail('not_found', 'There is no such event.');
  const seal = await sealOf(db, keys, event);
  if (seal === null) return fail('conflict', 'The event is not sealed yet. Try again in a minute.');
  const { sequence, form, checkpoint } = seal;
  if (checkpoint === null)
    return fail(
      'conflict',
      'No checkpoint covers the event yet. One is signed within a minute; audit:seal signs one at once.',
    );
  const text = await proofText(event, { sequence, form, checkpoint }, treeAt(db, checkpoint.size));
  const proven = checkProof(text, keys);
  if (typeof proven === 'string')
    return fail('conflict', `The event cannot be proven: ${proven}. Run npm run audit:verify -- --full.`);
  return ok({ sequence, keyId: checkpoint.keyId, text, openings: openingsOf(event) });
}
