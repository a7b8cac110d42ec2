import { stringify } from 'csv-stringify/sync';
import { toLine } from '../../json/lines.ts';
import { parseEvidence } from '../../json/strict.ts';
import type { SealedEvent } from './export.ts';
import type { Manifest } from './manifest.ts';
import { toOcsf } from './ocsf.ts';

export const EXPORT_FORMATS = ['ndjson', 'csv', 'ocsf'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Tells a spreadsheet that the file is UTF-8. */
export const BOM = '\ufeff';

interface FormatSpec {
  contentType: string;
  extension: string;
  /** What stands before the first event. */
  header: string;
  line: (event: SealedEvent) => string;
  /** Where the manifest of a download goes unless the query says so: not where the format's readers would stumble over it. */
  manifest: 'trailer' | 'none';
  /** What stands behind the last event when the manifest travels in the file itself. */
  trailer: (manifest: Manifest) => string;
}

const CSV_COLUMNS =
  `id createdAt action schemaVersion outcome actorType actorId actorLabel actorRole targetType targetId targetLabel source
  ip userAgent requestId correlationId idempotencyKey reason metadata leaf`.split(/\s+/) as (keyof SealedEvent)[];

/**
 * A spreadsheet runs a cell that begins with one of = + - @ or a tab as a formula: csv-stringify puts an apostrophe in front of it
 * (OWASP, CSV injection).
 */
const csvLine = (cells: (string | null)[]): string =>
  stringify([cells], {
    escape_formulas: true,
    record_delimiter: 'windows',
    // A line break inside a value is quoted whichever it is; and an empty text differs from an absent value, as COPY reads them.
    quoted_match: /[\r\n]/,
    cast: { string: (value) => (value === '' ? { value, quoted_empty: true } : value) },
  });

function cell(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const jsonTrailer = (manifest: Manifest): string => toLine({ manifest });
const CSV_MARK = '#manifest';

/** Reads a trailer of any format back; null when the line is none. */
export function readTrailer(line: string): Manifest | null {
  const [, quoted] = /^#manifest,"(.*)"\s*$/.exec(line) ?? [];
  const text = quoted === undefined ? line : `{"manifest":${quoted.replaceAll('""', '"')}}`;
  if (!text.startsWith('{"manifest":')) return null;
  return (parseEvidence(text) as { manifest: Manifest }).manifest;
}

export const FORMATS: Record<ExportFormat, FormatSpec> = {
  ndjson: {
    contentType: 'application/x-ndjson',
    extension: 'ndjson',
    manifest: 'trailer',
    header: '',
    line: toLine,
    trailer: jsonTrailer,
  },
  csv: {
    contentType: 'text/csv; charset=utf-8',
    extension: 'csv',
    manifest: 'none',
    header: csvLine(CSV_COLUMNS),
    line: (event) => csvLine(CSV_COLUMNS.map((name) => cell(event[name]))),
    trailer: (manifest) => csvLine([CSV_MARK, JSON.stringify(manifest)]),
  },
  ocsf: {
    contentType: 'application/x-ndjson',
    extension: 'ocsf.ndjson',
    manifest: 'none',
    header: '',
    line: (event) => toLine(toOcsf(event)),
    trailer: jsonTrailer,
  },
};
