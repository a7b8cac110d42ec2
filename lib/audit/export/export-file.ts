import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import type { Db } from '../../db.ts';
import { exportPages } from './export.ts';
import { filtersToText, type AuditFilters } from '../events/filters.ts';
import { publishVerifiedFile } from './publish-file.ts';
import { BOM, FORMATS, type ExportFormat } from './formats.ts';
import { ExportRange, OWNER_ONLY, signManifest, type Manifest } from './manifest.ts';
import type { AuditContext } from '../events/catalogue.ts';
import { recordAudit } from '../events/record.ts';
import { ownKey, type SigningKey } from '../proof/signing.ts';
import { writeProofs } from './proofs-file.ts';
import { proofsFile } from './row-proofs.ts';

/** Progress of an interrupted export, stored beside the partial file. */
interface Progress {
  format: ExportFormat;
  scope: Record<string, string>;
  /** Header of the file; a resumed export must have the same. */
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
  /** Start with a byte order mark, as in `Download.bom`. */
  bom?: boolean;
  /** Append the manifest as the last line instead of writing a separate file. */
  trailer?: boolean;
  /** Write the proofs of the events beside the file, in `FILE.proofs.ndjson.gz`. */
  proofs?: boolean;
  key: SigningKey;
  onProgress?: (rows: number) => void;
  signal?: AbortSignal;
}

/** Records the export before the first byte is sent, so that aborted exports are recorded too. */
export async function recordExport(
  db: Db,
  { actor, origin }: AuditContext,
  format: ExportFormat,
  filters: AuditFilters,
): Promise<void> {
  const metadata = { format, filters: filtersToText(filters) };
  await db.$transaction((tx) =>
    recordAudit(tx, { action: 'audit.exported', outcome: 'success', actor, origin, metadata }),
  );
}

/**
 * Exports to a file with a signed manifest. While it runs the file is called `FILE.partial`; after an interruption the same call resumes
 * it, if format and filters are the same. The file gets its name once it is verified.
 * @returns the manifest, or null when it was aborted.
 * @throws when the written file does not verify; it then keeps the partial name.
 */
export async function exportToFile(
  db: Db,
  context: AuditContext,
  options: ExportFileOptions,
): Promise<Manifest | null> {
  const { file, format, filters, key } = options;
  const partial = `${file}.partial`;
  const scope = filtersToText(filters);
  const start = (options.bom === true ? BOM : '') + FORMATS[format].header;
  const resumed = await readResumableProgress(partial, format, scope, start);
  if (resumed === null) await recordExport(db, context, format, filters);
  const output = await open(partial, resumed === null ? 'w' : 'a', OWNER_ONLY);
  // A file from an earlier release may have other permissions.
  await output.chmod(OWNER_ONLY);
  const coverage = new ExportRange(resumed ? { ...resumed, oldest: resumed.after.createdAt } : undefined);
  const position = resumed ? { createdAt: new Date(resumed.after.createdAt), id: resumed.after.id } : undefined;
  let bytes = resumed?.bytes ?? 0;
  const digest = createHash('sha256');
  if (resumed !== null) await hashFile(partial, digest);
  const write = async (text: string) => {
    // Digest of the written data, to be compared with the file read back.
    digest.update(text);
    await output.writeFile(text);
    bytes += Buffer.byteLength(text);
  };
  try {
    if (resumed === null) await write(start);
    for await (const page of exportPages(db, { filters, ...(position ? { after: position } : {}) })) {
      await write(page.map(FORMATS[format].line).join(''));
      coverage.add(page);
      const { rows, newest } = coverage.facts();
      const last = page.at(-1);
      const after = { createdAt: last?.createdAt.toISOString() ?? '', id: last?.id ?? '' };
      await saveProgress(partial, { format, scope, start, bytes, rows, newest, after });
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
  // Those of an earlier export.
  await rm(proofsFile(file), { force: true });
  await publishVerifiedFile(
    partial,
    file,
    manifest,
    key,
    options.trailer ? FORMATS[format].trailer(manifest) : undefined,
  );
  await rm(`${partial}.progress.json`, { force: true });
  if (options.proofs === true) await writeProofs(db, ownKey(key), file, { ...manifest, filters });
  return manifest;
}

const saveProgress = (partial: string, progress: Progress) =>
  writeFile(`${partial}.progress.json`, JSON.stringify(progress), { mode: OWNER_ONLY });

/** Progress of an unfinished export with the same parameters; data written after the last checkpoint is truncated. */
async function readResumableProgress(
  partial: string,
  format: ExportFormat,
  scope: Record<string, string>,
  start: string,
): Promise<Progress | null> {
  const progressFile = `${partial}.progress.json`;
  if (!existsSync(partial) || !existsSync(progressFile)) return null;
  const progress = JSON.parse(await readFile(progressFile, 'utf8')) as Progress;
  const same = [progress.format, progress.scope, progress.start];
  if (JSON.stringify(same) !== JSON.stringify([format, scope, start])) return null;
  await truncate(partial, progress.bytes);
  return progress;
}

async function hashFile(file: string, digest: Hash): Promise<void> {
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
}
