import { createHash } from 'node:crypto';
import type { Db } from '../db.ts';
import { exportPages } from './export.ts';
import { recordExport } from './export-file.ts';
import { filtersToText, type AuditFilters } from './filters.ts';
import { EXPORT_FORMATS, FORMATS, type ExportFormat } from './formats.ts';
import { signManifest } from './manifest.ts';
import type { Reading } from './read.ts';
import type { SigningKey } from './signing.ts';

/** Whether a text, e.g. of a query, names a format that the log can be exported in. */
export const isExportFormat = (text: string): text is ExportFormat =>
  (EXPORT_FORMATS as readonly string[]).includes(text);

/**
 * An export as a stream of bytes, made only as fast as it is read, so memory stays constant. It ends with its signed manifest as a last
 * line (`FORMATS[format].trailer`): whoever has no such line has not got everything. `verifyExport()` reads it from there.
 */
export async function exportStream(
  db: Db,
  act: Reading,
  format: ExportFormat,
  filters: AuditFilters,
  key: SigningKey,
): Promise<ReadableStream<Uint8Array>> {
  await recordExport(db, act, format, filters);
  const chunks = encode(db, format, filters, key);
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

async function* encode(
  db: Db,
  format: ExportFormat,
  filters: AuditFilters,
  key: SigningKey,
): AsyncGenerator<Uint8Array, undefined> {
  const { header, line, trailer } = FORMATS[format];
  const digest = createHash('sha256');
  const bytesOf = (text: string) => {
    digest.update(text);
    return new TextEncoder().encode(text);
  };
  let rows = 0;
  if (header !== '') yield bytesOf(header);
  for await (const page of exportPages(db, { filters })) {
    rows += page.length;
    yield bytesOf(page.map(line).join(''));
  }
  const facts = {
    format,
    sha256: digest.digest('hex'),
    rows,
    createdAt: new Date().toISOString(),
    scope: filtersToText(filters),
  };
  yield new TextEncoder().encode(trailer(signManifest(key, facts)));
}
