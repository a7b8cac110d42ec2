import type { ClientBase } from 'pg';
import { uuidv7 } from '../../ids.ts';
import { checkNote, parseNote, signNote } from '../proof/note.ts';
import type { PublicKeys, SigningKey } from '../proof/signing.ts';

/** What a run of the verifier found, as it is signed. */
export interface VerificationRecord {
  id: string;
  at: Date;
  full: boolean;
  ok: boolean;
  sequence: number;
}

/** Another name than that of checkpoints, so that neither passes for the other. */
const ORIGIN = 'golive/audit/verification';
/** Records that are looked through: those of half a year. */
const LOOKED_THROUGH = 20_000;
/** Clocks differ a little. */
const AHEAD_MS = 60_000;

const textOf = ({ id, at, full, ok, sequence }: VerificationRecord): string =>
  `${ORIGIN}\n${id}\n${at.toISOString()}\n${full ? 'full' : 'incremental'}\n${ok ? 'intact' : 'broken'}\n${sequence}\n`;

/** Whether one of the known keys has signed this record, and its time has come. */
export function isProvenRecord(record: VerificationRecord, note: string | null, keys: PublicKeys): boolean {
  const parsed = note === null ? null : parseNote(note);
  if (parsed === null || parsed.text !== textOf(record) || record.at.getTime() > Date.now() + AHEAD_MS) return false;
  return [...keys.values()].some((publicKey) => checkNote(parsed, { name: ORIGIN, publicKey }) === 'good');
}

/** The records that a known key has signed, newest first; any other row counts for nothing. */
export async function provenRecords(client: ClientBase, keys: PublicKeys): Promise<VerificationRecord[]> {
  const { rows } = await client.query<Omit<VerificationRecord, 'sequence'> & { sequence: string; note: string }>(
    `SELECT "id", "at", "full", "ok", "sequence", "note" FROM public."AuditVerification"
     WHERE "note" IS NOT NULL ORDER BY "at" DESC LIMIT ${LOOKED_THROUGH}`,
  );
  const records: VerificationRecord[] = [];
  for (const { note, ...row } of rows) {
    const record = { ...row, sequence: Number(row.sequence) };
    if (isProvenRecord(record, note, keys)) records.push(record);
  }
  return records;
}

/** Signs the result of a run and stores it, for the page and for the next incremental run. */
export async function recordVerification(
  client: ClientBase,
  key: SigningKey,
  { finding, ...outcome }: { full: boolean; ok: boolean; sequence: bigint; finding?: { kind: string; detail: string } },
): Promise<void> {
  const { full, ok, sequence } = outcome;
  const record = { id: uuidv7(), at: new Date(), full, ok, sequence: Number(sequence) };
  await client.query(
    'INSERT INTO public."AuditVerification" ("id", "at", "full", "ok", "sequence", "finding", "note") VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [
      record.id,
      record.at.toISOString(),
      full,
      ok,
      sequence,
      finding ? `${finding.kind}: ${finding.detail}` : null,
      signNote(textOf(record), ORIGIN, key),
    ],
  );
}
