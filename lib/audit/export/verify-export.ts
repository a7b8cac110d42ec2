import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readLines } from '../../json/lines.ts';
import { LossyJsonError, parseLosslessJson } from '../../json/strict.ts';
import { leafOf } from '../proof/canonical.ts';
import { FORMS } from '../proof/leaf-bytes.ts';
import type { VerificationFinding } from '../verification/finding.ts';
import { readTrailer } from './formats.ts';
import { checkManifest, type Manifest } from './manifest.ts';
import { checkProofs, type WrittenProofs } from './proofs-file.ts';
import type { PublicKeys } from '../proof/signing.ts';

/** A line of an NDJSON export: the event with its leaf, or null if it was not sealed yet. */
export type ExportedEvent = Record<string, unknown> & {
  id: string;
  createdAt: string;
  metadata: unknown;
  leaf: string | null;
};

/**
 * Verifies an export with its manifest (`FILE.manifest.json` or the last line) and a public key: the signature, the digest, the number of
 * rows and, for NDJSON, each event's leaf; and the proofs of the events, where they are beside it.
 * @throws when there is no manifest, as in an incomplete download.
 */
export async function verifyExport(file: string, keys: PublicKeys): Promise<VerifiedExport> {
  const { manifest, bytes } = await manifestOf(file);
  const outcome = await verifyContent(file, manifest, keys, bytes);
  if (!outcome.ok) return outcome;
  const proofs = await checkProofs(file, keys, manifest.format === 'ndjson' ? readEvents(file, bytes) : null);
  if (proofs === undefined) return outcome;
  if (!proofs.ok) return { ...outcome, ok: false, finding: { kind: 'changed', detail: proofs.detail } };
  const { proven, unproven } = proofs;
  if (proven + unproven < manifest.rows)
    return { ...outcome, ok: false, finding: { kind: 'changed', detail: 'it has fewer proofs than events' } };
  return { ...outcome, proofs: { proven, unproven } };
}

export interface VerifiedExport {
  ok: boolean;
  events: number;
  manifest: Manifest;
  finding?: VerificationFinding;
  /** What the proofs beside the export prove; absent when it has none. */
  proofs?: WrittenProofs;
}

/** Verifies the first bytes of a file against a manifest; also used before the files have their final names. */
export async function verifyContent(
  file: string,
  manifest: Manifest,
  keys: PublicKeys,
  bytes = Infinity,
): Promise<VerifiedExport> {
  const broken = (detail: string, eventId?: string) => ({
    ok: false,
    events: 0,
    manifest,
    finding: { kind: 'changed' as const, detail, ...(eventId === undefined ? {} : { eventId }) },
  });
  const verdict = checkManifest(keys, manifest);
  if (verdict !== 'good')
    return broken(
      verdict === 'bad'
        ? 'the manifest’s signature is invalid'
        : `the manifest is signed by another key, ${manifest.keyId}`,
    );
  const digest = createHash('sha256');
  for await (const chunk of read(file, bytes)) digest.update(chunk as Buffer);
  const same = digest.digest('hex') === manifest.sha256;
  if (manifest.format !== 'ndjson')
    return same ? { ok: true, events: manifest.rows, manifest } : broken('the file is not the one that was signed');

  let events = 0;
  try {
    for await (const event of readEvents(file, bytes)) {
      events++;
      if (!isEvent(event)) return broken(`line ${events} is no event`);
      if (event.leaf !== null && !isLeaf(event, event.leaf))
        return broken('the event is not what was sealed', event.id);
    }
  } catch (error) {
    if (error instanceof LossyJsonError) return broken(error.message);
    throw error;
  }
  if (events !== manifest.rows) return broken(`it has ${events} events in place of ${manifest.rows}`);
  return same ? { ok: true, events, manifest } : broken('the file is not the one that was signed');
}

/** Whether a line has what a leaf is made of; what else is missing shows in the leaf. */
const isEvent = ({ id, createdAt, metadata, leaf }: Partial<ExportedEvent>): boolean =>
  [id, createdAt].every((text) => typeof text === 'string') &&
  metadata !== undefined &&
  (leaf === null || typeof leaf === 'string');

/** Whether an event is what was sealed, in the form of its time. */
function isLeaf(event: ExportedEvent, leaf: string): boolean {
  const hashable = { ...event, createdAt: new Date(event.createdAt) };
  return FORMS.some((form) => leafOf(hashable, form).toString('hex') === leaf);
}

/** The first bytes of a file. */
const read = (file: string, bytes: number): Readable =>
  bytes === 0 ? Readable.from([]) : createReadStream(file, { end: bytes - 1 });

/** Larger than any manifest. */
const TAIL_BYTES = 64 * 1024;

/** The manifest of a file, and the number of bytes it covers. */
async function manifestOf(file: string): Promise<{ manifest: Manifest; bytes: number }> {
  const beside = `${file}.manifest.json`;
  if (existsSync(beside)) return { manifest: parseLosslessJson(await readFile(beside)) as Manifest, bytes: Infinity };
  await using handle = await open(file);
  const { size } = await handle.stat();
  const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
  await handle.read(tail, 0, tail.length, size - tail.length);
  const start = tail.lastIndexOf('\n', -2) + 1;
  const manifest = readTrailer(tail.subarray(start).toString());
  if (manifest === null)
    throw new Error(`${file} has no manifest, neither as its last line nor in ${beside}: it is not the whole export`);
  return { manifest, bytes: size - tail.length + start };
}

/**
 * Reads the events of an NDJSON file, compressed or not.
 * @throws LossyJsonError when a line cannot be parsed losslessly.
 */
export async function* readEvents(file: string, bytes = Infinity): AsyncGenerator<ExportedEvent> {
  const content = read(file, bytes);
  const input = (await isGzip(file)) ? content.pipe(createGunzip()) : content;
  let number = 0;
  for await (const line of readLines(input)) {
    number += 1;
    if (line.length > 0) yield parseLine(line, number) as ExportedEvent;
  }
}

function parseLine(line: Buffer, number: number): unknown {
  try {
    return parseLosslessJson(line);
  } catch (error) {
    throw new LossyJsonError(`line ${number}: ${(error as Error).message}`);
  }
}

/** Detected by its first bytes: an archive is verified before it has its final name. */
async function isGzip(file: string): Promise<boolean> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
}
