import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { makeZip } from 'client-zip';
import type { Db } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';
import { exportPages } from './export.ts';
import { recordExport } from './export-file.ts';
import { filtersToText, type AuditFilters } from '../events/filters.ts';
import { BOM, EXPORT_FORMATS, FORMATS, type ExportFormat } from './formats.ts';
import { ExportRange, signManifest, type Manifest } from './manifest.ts';
import { parseAuditQuery } from '../events/query.ts';
import type { AuditContext } from '../events/catalogue.ts';
import { ownKey, type SigningKey } from '../proof/signing.ts';
import { proofLines } from './proofs-file.ts';
import { proofsFile } from './row-proofs.ts';

/** True when a text is a supported export format. */
export const isExportFormat = (text: string): text is ExportFormat =>
  (EXPORT_FORMATS as readonly string[]).includes(text);

/**
 * Where the signed manifest of a download is put. `trailer`: the last line of the file, for readers that support it. `beside`: a zip of the
 * file and `FILE.manifest.json`. `none`: omitted; such a file cannot be verified.
 */
export const MANIFEST_PLACES = ['trailer', 'beside', 'none'] as const;
export type ManifestPlace = (typeof MANIFEST_PLACES)[number];

export interface Download {
  /** File name, also inside the zip. */
  name: string;
  format: ExportFormat;
  filters: AuditFilters;
  manifest: ManifestPlace;
  /** Start with a byte order mark, which Excel needs to detect UTF-8. CSV only. */
  bom: boolean;
}

/** Parses the parameters of a download. Fails with `bad_request`, `invalid_filter` or `invalid_cursor`. */
export function parseDownload(
  query: URLSearchParams,
  now = new Date(),
): Result<Download & { contentType: string; fileName: string }> {
  const params = new URLSearchParams(query);
  const take = (name: string) => {
    const value = params.get(name);
    params.delete(name);
    return value;
  };
  const format = take('format') ?? 'ndjson';
  if (!isExportFormat(format)) return fail('bad_request', `"format" must be one of ${EXPORT_FORMATS.join(', ')}.`);
  const { extension, contentType, manifest: usual } = FORMATS[format];
  const manifest = take('manifest') ?? usual;
  if (!isManifestPlace(manifest))
    return fail('bad_request', `"manifest" must be one of ${MANIFEST_PLACES.join(', ')}.`);
  const bom = take('bom') ?? 'false';
  if (bom !== 'false' && (bom !== 'true' || format !== 'csv'))
    return fail('bad_request', '"bom" must be true or false, and true for csv only.');
  const asked = parseAuditQuery(params);
  if (!asked.ok) return asked;
  const name = `audit-${now.toISOString().slice(0, 10)}.${extension}`;
  const zipped = manifest === 'beside';
  return ok({
    name,
    format,
    filters: asked.value.filters,
    manifest,
    bom: bom === 'true',
    contentType: zipped ? 'application/zip' : contentType,
    fileName: zipped ? `${name}.zip` : name,
  });
}

const isManifestPlace = (text: string): text is ManifestPlace => (MANIFEST_PLACES as readonly string[]).includes(text);

/**
 * Streams an export with back-pressure, so memory stays constant. An incomplete download is detectable: the trailer is missing, or the zip
 * does not open. `verifyExport()` reads trailers and unpacked zips.
 */
export async function exportStream(
  db: Db,
  context: AuditContext,
  download: Download,
  key: SigningKey,
): Promise<ReadableStream<Uint8Array>> {
  await recordExport(db, context, download.format, download.filters);
  if (download.manifest === 'beside') return makeZip(zipEntries(db, download, key));
  const chunks = encode(db, download, key, download.manifest === 'trailer');
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

/** Zip entries: the file, its manifest, and the proofs of its events. */
function* zipEntries(db: Db, download: Download, key: SigningKey) {
  let manifest: Manifest | undefined;
  const content = async function* () {
    manifest = yield* encode(db, download, key, false);
  };
  yield { name: download.name, input: content() };
  yield { name: `${download.name}.manifest.json`, input: `${JSON.stringify(manifest, null, 2)}\n` };
  const lines = proofLines(db, ownKey(key), { ...manifest, filters: download.filters });
  yield { name: proofsFile(download.name), input: Readable.from(lines).pipe(createGzip()) };
}

async function* encode(
  db: Db,
  { format, filters, bom }: Download,
  key: SigningKey,
  withTrailer: boolean,
): AsyncGenerator<Uint8Array, Manifest | undefined> {
  const { header, line, trailer } = FORMATS[format];
  const digest = createHash('sha256');
  const bytesOf = (text: string) => {
    digest.update(text);
    return new TextEncoder().encode(text);
  };
  const coverage = new ExportRange();
  const start = (bom ? BOM : '') + header;
  if (start !== '') yield bytesOf(start);
  for await (const page of exportPages(db, { filters })) {
    coverage.add(page);
    yield bytesOf(page.map(line).join(''));
  }
  const manifest = signManifest(key, {
    format,
    sha256: digest.digest('hex'),
    ...coverage.facts(),
    createdAt: new Date().toISOString(),
    scope: filtersToText(filters),
  });
  if (withTrailer) yield new TextEncoder().encode(trailer(manifest));
  return manifest;
}
