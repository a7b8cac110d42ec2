import { createWriteStream, existsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Tx } from '../../db.ts';
import { readLines } from '../../json/lines.ts';
import { LossyJsonError, parseLosslessJson } from '../../json/strict.ts';
import type { PublicKeys } from '../proof/signing.ts';
import { leafHash } from '../proof/merkle.ts';
import { checkProof, entryOf } from '../proof/tlog-proof.ts';
import { OWNER_ONLY } from './manifest.ts';
import { proofsFile, rowProofs, type ExportedRange, type RowProof } from './row-proofs.ts';

/** Number of events whose proof was written, and of those that no checkpoint covers yet. */
export interface WrittenProofs {
  proven: number;
  unproven: number;
}

/** The lines of a proofs file. */
export async function* proofLines(
  db: Tx,
  keys: PublicKeys,
  range: ExportedRange,
  written: WrittenProofs = { proven: 0, unproven: 0 },
): AsyncGenerator<string> {
  for await (const page of rowProofs(db, keys, range)) {
    for (const { proof } of page) written[proof === null ? 'unproven' : 'proven'] += 1;
    yield page.map((row) => `${JSON.stringify(row)}\n`).join('');
  }
}

/** Writes `FILE.proofs.ndjson.gz` beside an export, readable by its owner alone; it gets its name when it is whole. */
export async function writeProofs(
  db: Tx,
  keys: PublicKeys,
  file: string,
  range: ExportedRange,
): Promise<WrittenProofs> {
  const written = { proven: 0, unproven: 0 };
  const partial = `${proofsFile(file)}.partial`;
  await pipeline(
    Readable.from(proofLines(db, keys, range, written)),
    createGzip(),
    createWriteStream(partial, { mode: OWNER_ONLY, flush: true }),
  );
  await rename(partial, proofsFile(file));
  return written;
}

/** What a proofs file says about an export: the number of events that are proven, and of those that no checkpoint covers yet. */
export type CheckedProofs = ({ ok: true } & WrittenProofs) | { ok: false; detail: string };

/** An event of an export; `leaf` as the sealer keeps it in hex, or null when it was not sealed yet. */
export interface ExportedRow {
  id: string;
  leaf: string | null;
}

/**
 * Checks the proofs beside an export, and that there is one for each of its events.
 * @param rows the events of the export in its order, or null when they cannot be read from its format.
 * @returns undefined when the export has none.
 */
export async function checkProofs(
  file: string,
  keys: PublicKeys,
  rows: AsyncIterable<ExportedRow> | null,
): Promise<CheckedProofs | undefined> {
  const beside = proofsFile(file);
  if (!existsSync(beside)) return undefined;
  const counted = { proven: 0, unproven: 0 };
  const proofs = checkedProofs(beside, keys, counted);
  try {
    for await (const { id, leaf } of rows ?? []) {
      let found = await proofs.next();
      // Written after the export, but within its range of time.
      while (found.done !== true && found.value.id !== id) found = await proofs.next();
      if (found.done === true) throw new BrokenProof(`it has no line for event ${id}`);
      if (leaf !== null && found.value.kept !== null && found.value.kept !== leaf)
        throw new BrokenProof(`the proof of event ${id} is of other content`);
    }
    while ((await proofs.next()).done !== true);
  } catch (error) {
    if (error instanceof BrokenProof || isDamaged(error)) return { ok: false, detail: `${beside}: ${error.message}` };
    throw error;
  }
  return { ok: true, ...counted };
}

/** The lines of a proofs file: each event's id with its leaf as the sealer keeps it, or null where there is no proof. */
async function* checkedProofs(
  file: string,
  keys: PublicKeys,
  counted: WrittenProofs,
): AsyncGenerator<{ id: string; kept: string | null }> {
  for await (const { id, proof } of readProofs(file)) {
    counted[proof === null ? 'unproven' : 'proven'] += 1;
    yield { id, kept: proof === null ? null : keptBy(id, proof, keys) };
  }
}

class BrokenProof extends Error {}

/** Errors of zlib and of the JSON reader. */
const isDamaged = (error: unknown): error is Error =>
  error instanceof Error &&
  (/^(Z_|ERR_)/.test(String((error as NodeJS.ErrnoException).code)) || error instanceof LossyJsonError);

/** The leaf that the proof of an event proves. */
function keptBy(id: string, text: string, keys: PublicKeys): string {
  const proven = checkProof(text, keys);
  if (typeof proven === 'string') throw new BrokenProof(`event ${id}: ${proven}`);
  const [form, provenId] = JSON.parse(proven.text) as unknown[];
  if (provenId !== id) throw new BrokenProof(`the proof of event ${id} is that of another`);
  const entry = entryOf(Buffer.from(proven.text));
  return (form === 1 ? entry : leafHash(entry)).toString('hex');
}

async function* readProofs(file: string): AsyncGenerator<RowProof> {
  await using handle = await open(file);
  for await (const line of readLines(handle.createReadStream({ autoClose: false }).pipe(createGunzip()))) {
    if (line.length === 0) continue;
    const row = parseLosslessJson(line) as Partial<RowProof>;
    if (typeof row?.id !== 'string' || (row.proof !== null && typeof row.proof !== 'string'))
      throw new BrokenProof('a line is no proof of an event');
    yield { id: row.id, proof: row.proof };
  }
}
