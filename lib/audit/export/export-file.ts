import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import type { Db } from '../../db.ts';
import { exportPages } from './export.ts';
import { filtersToText, type AuditFilters } from '../events/filters.ts';
import { giveFinalName } from './publish-file.ts';
import { BOM, FORMATS, type ExportFormat } from './formats.ts';
import { Coverage, OWNER_ONLY, signManifest, type Manifest } from './manifest.ts';
import type { Reading } from '../events/read.ts';
import { recordAudit } from '../events/record.ts';
import type { SigningKey } from '../proof/signing.ts';

/** Where an interrupted export stands: kept beside the unfinished file. */
interface Progress {
  format: ExportFormat;
  scope: Record<string, string>;
  /** What stands before the first event: another start is another file. */
  start: string;
  bytes: number;
  rows: number;
  newest: string | null;
  after: { createdAt: string; id: string };
}

export interface ExportFileOptions {
  file: string;
  format: ExportFormat;
  filters: AuditFilters;
  /** Begin with a byte order mark, as `Download.bom`. */
  bom?: boolean;
  /** Append the manifest as the last line in place of a file beside it. */
  trailer?: boolean;
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
 * @returns the manifest, or null when the signal ended it early.
 * @throws when the written file does not verify; then nothing has the final name.
 */
export async function exportToFile(db: Db, act: Reading, options: ExportFileOptions): Promise<Manifest | null> {
  const { file, format, filters, key } = options;
  const partial = `${file}.partial`;
  const scope = filtersToText(filters);
  const start = (options.bom === true ? BOM : '') + FORMATS[format].header;
  const done = await resumable(partial, format, scope, start);
  if (done === null) await recordExport(db, act, format, filters);
  const output = await open(partial, done === null ? 'w' : 'a', OWNER_ONLY);
  // One that an earlier release began may be open to others.
  await output.chmod(OWNER_ONLY);
  const coverage = new Coverage(done ? { ...done, oldest: done.after.createdAt } : undefined);
  const position = done ? { createdAt: new Date(done.after.createdAt), id: done.after.id } : undefined;
  let bytes = done?.bytes ?? 0;
  const digest = createHash('sha256');
  if (done !== null) await hashFile(partial, digest);
  const write = async (text: string) => {
    // Of what is written, not of what the disk says later: reading back must be able to differ.
    digest.update(text);
    await output.writeFile(text);
    bytes += Buffer.byteLength(text);
  };
  try {
    if (done === null) await write(start);
    for await (const page of exportPages(db, { filters, ...(position ? { after: position } : {}) })) {
      await write(page.map(FORMATS[format].line).join(''));
      coverage.add(page);
      const { rows, newest } = coverage.facts();
      const last = page.at(-1);
      const after = { createdAt: last?.createdAt.toISOString() ?? '', id: last?.id ?? '' };
      await noteProgress(partial, { format, scope, start, bytes, rows, newest, after });
      options.onProgress?.(rows);
      if (options.signal?.aborted) return null;
    }
  } finally {
    await output.close();
  }
  const manifest = signManifest(key, {
    format,
    sha256: digest.digest('hex'),
    ...coverage.facts(),
    createdAt: new Date().toISOString(),
    scope,
  });
  await giveFinalName(partial, file, manifest, key, options.trailer ? FORMATS[format].trailer(manifest) : undefined);
  await rm(`${partial}.progress.json`, { force: true });
  return manifest;
}

const noteProgress = (partial: string, progress: Progress) =>
  writeFile(`${partial}.progress.json`, JSON.stringify(progress), { mode: OWNER_ONLY });

/** The progress of an unfinished export of the same kind; what was written after it was noted is cut off. */
async function resumable(
  partial: string,
  format: ExportFormat,
  scope: Record<string, string>,
  start: string,
): Promise<Progress | null> {
  const note = `${partial}.progress.json`;
  if (!existsSync(partial) || !existsSync(note)) return null;
  const progress = JSON.parse(await readFile(note, 'utf8')) as Progress;
  const same = [progress.format, progress.scope, progress.start];
  if (JSON.stringify(same) !== JSON.stringify([format, scope, start])) return null;
  await truncate(partial, progress.bytes);
  return progress;
}

async function hashFile(file: string, digest: Hash): Promise<void> {
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
}
