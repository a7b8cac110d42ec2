import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import type { Db } from '../db.ts';
import type { Position } from './cursor.ts';
import { exportPages } from './export.ts';
import { filtersToText, type AuditFilters } from './filters.ts';
import { giveFinalName } from './final-name.ts';
import { FORMATS, type ExportFormat } from './formats.ts';
import { OWNER_ONLY, signManifest, type Manifest } from './manifest.ts';
import type { Reading } from './read.ts';
import { recordAudit } from './record.ts';
import type { SigningKey } from './signing.ts';

/** Where an interrupted export stands: kept beside the unfinished file. */
interface Progress {
  format: ExportFormat;
  scope: Record<string, string>;
  bytes: number;
  rows: number;
  after: { createdAt: string; id: string };
}

export interface ExportFileOptions {
  file: string;
  format: ExportFormat;
  filters: AuditFilters;
  key: SigningKey;
  onProgress?: (rows: number) => void;
  signal?: AbortSignal;
}

/** That an export was begun is written down before the first byte leaves: one that is broken off has still been made. */
export async function recordExport(
  db: Db,
  { actor, origin }: Reading,
  format: ExportFormat,
  filters: AuditFilters,
): Promise<void> {
  const metadata = { format, filters: filtersToText(filters) };
  await db.$transaction((tx) =>
    recordAudit(tx, { action: 'audit.exported', outcome: 'success', actor, origin, metadata }),
  );
}

/**
 * Exports to a file with a signed manifest beside it. While it runs the file is called `FILE.partial`; after an interruption the same call
 * goes on where that one ends, provided format and filters are the same. It gets its name once it has been read back and verified.
 * @throws when it does not verify.
 * @returns the manifest, or null when the signal ended it early.
 */
export async function exportToFile(db: Db, act: Reading, options: ExportFileOptions): Promise<Manifest | null> {
  const { file, format, filters, key } = options;
  const partial = `${file}.partial`;
  const scope = filtersToText(filters);
  const done = await resumable(partial, format, scope);
  if (done === null) await recordExport(db, act, format, filters);
  const digest = createHash('sha256');
  if (done !== null) await hashFile(partial, digest);
  const output = await open(partial, done === null ? 'w' : 'a', OWNER_ONLY);
  // One that an earlier release began may be open to others.
  await output.chmod(OWNER_ONLY);
  let rows = done?.rows ?? 0;
  let bytes = done?.bytes ?? 0;
  try {
    const write = async (text: string) => {
      digest.update(text);
      await output.writeFile(text);
      bytes += Buffer.byteLength(text);
    };
    if (done === null) await write(FORMATS[format].header);
    const after: Position | undefined = done
      ? { createdAt: new Date(done.after.createdAt), id: done.after.id }
      : undefined;
    for await (const page of exportPages(db, { filters, ...(after ? { after } : {}) })) {
      await write(page.map(FORMATS[format].line).join(''));
      rows += page.length;
      const last = page.at(-1);
      const progress = {
        format,
        scope,
        bytes,
        rows,
        after: { createdAt: last?.createdAt.toISOString(), id: last?.id },
      };
      await writeFile(`${partial}.progress.json`, JSON.stringify(progress), { mode: OWNER_ONLY });
      options.onProgress?.(rows);
      if (options.signal?.aborted) return null;
    }
  } finally {
    await output.close();
  }
  const manifest = signManifest(key, {
    format,
    sha256: digest.digest('hex'),
    rows,
    createdAt: new Date().toISOString(),
    scope,
  });
  await giveFinalName(partial, file, manifest, key);
  await rm(`${partial}.progress.json`, { force: true });
  return manifest;
}

/** The progress of an unfinished export of the same kind; what was written after it was noted is cut off. */
async function resumable(
  partial: string,
  format: ExportFormat,
  scope: Record<string, string>,
): Promise<Progress | null> {
  const note = `${partial}.progress.json`;
  if (!existsSync(partial) || !existsSync(note)) return null;
  const progress = JSON.parse(await readFile(note, 'utf8')) as Progress;
  if (progress.format !== format || JSON.stringify(progress.scope) !== JSON.stringify(scope)) return null;
  await truncate(partial, progress.bytes);
  return progress;
}

async function hashFile(file: string, digest: Hash): Promise<void> {
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
}
