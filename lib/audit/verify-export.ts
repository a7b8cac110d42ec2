import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { leafOf } from './canonical.ts';
import type { Finding } from './finding.ts';
import { checkManifest, type Manifest } from './manifest.ts';
import type { PublicKeys } from './signing.ts';

/** A line of an NDJSON export: the event with its leaf as sealed, or null while it was still pending. */
export type ExportedEvent = Record<string, unknown> & {
  id: string;
  createdAt: string;
  metadata: unknown;
  leaf: string | null;
};

/**
 * Verifies a file and the manifest beside it (`FILE.manifest.json`) with nothing but a public key: the signature, the bytes, the number
 * of rows and, for NDJSON, each event against the leaf it was sealed with.
 */
export async function verifyExport(
  file: string,
  keys: PublicKeys,
): Promise<{ ok: boolean; events: number; finding?: Finding }> {
  const manifest = JSON.parse(await readFile(`${file}.manifest.json`, 'utf8')) as Manifest;
  const broken = (detail: string, eventId?: string) => ({
    ok: false,
    events: 0,
    finding: { kind: 'changed' as const, detail, ...(eventId === undefined ? {} : { eventId }) },
  });
  const verdict = checkManifest(keys, manifest);
  if (verdict !== 'good')
    return broken(
      verdict === 'bad'
        ? 'the manifest’s signature does not hold'
        : `the manifest is signed by another key, ${manifest.keyId}`,
    );
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  const same = digest.digest('hex') === manifest.sha256;
  if (manifest.format !== 'ndjson')
    return same ? { ok: true, events: manifest.rows } : broken('the file is not the one that was signed');

  let events = 0;
  for await (const event of readEvents(file)) {
    events++;
    const leaf = leafOf({ ...event, createdAt: new Date(event.createdAt) }).toString('hex');
    if (event.leaf !== null && event.leaf !== leaf) return broken('the event is not what was sealed', event.id);
  }
  if (events !== manifest.rows) return broken(`it has ${events} events in place of ${manifest.rows}`);
  return same ? { ok: true, events } : broken('the file is not the one that was signed');
}

/** The events of an NDJSON file, compressed or not, one at a time. */
export async function* readEvents(file: string): AsyncGenerator<ExportedEvent> {
  const bytes = createReadStream(file);
  const input = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  for await (const line of createInterface({ input, crlfDelay: Infinity }))
    if (line !== '') yield JSON.parse(line) as ExportedEvent;
}
