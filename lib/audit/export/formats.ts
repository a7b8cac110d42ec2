import { stringify } from 'csv-stringify/sync';
import { toLine } from '../../json/lines.ts';
import { parseLosslessJson } from '../../json/strict.ts';
import { ERASED, erasedFields, erasedMembers } from '../proof/commitment.ts';
import type { SealedEvent } from './export.ts';
import type { Manifest } from './manifest.ts';
import { toOcsf } from './ocsf.ts';

export const EXPORT_FORMATS = ['ndjson', 'csv', 'ocsf'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Byte order mark, for spreadsheets to detect UTF-8. */
export const BOM = '\ufeff';

interface FormatSpec {
  contentType: string;
  extension: string;
  /** Text before the first event. */
  header: string;
  line: (event: SealedEvent) => string;
  /** Default place of a download's manifest; not in formats whose readers would fail on it. */
  manifest: 'trailer' | 'none';
  /** Text after the last event that carries the manifest. */
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
    // Any line break inside a value is quoted; and empty text differs from an absent value, as in COPY.
    quoted_match: /[\r\n]/,
    cast: { string: (value) => (value === '' ? { value, quoted_empty: true } : value) },
  });

function cell(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Names the fields that were erased, which are null or absent themselves so that the line still hashes to its leaf. */
function withErased(event: SealedEvent): object {
  const erased = erasedFields(event.salts);
  return erased.length === 0 ? event : { ...event, erased };
}

function csvCells(event: SealedEvent): (string | null)[] {
  const erased = erasedFields(event.salts);
  const members = erasedMembers(event.salts).map((name) => [name, ERASED]);
  return CSV_COLUMNS.map((name) => {
    if (name === 'metadata' && members.length > 0)
      return cell({ ...(event.metadata as object), ...(Object.fromEntries(members) as object) });
    return erased.includes(name) ? ERASED : cell(event[name]);
  });
}

const jsonTrailer = (manifest: Manifest): string => toLine({ manifest });
const CSV_MARK = '#manifest';

/** Parses a trailer of any format; null when the line is not one. */
export function readTrailer(line: string): Manifest | null {
  const [, quoted] = /^#manifest,"(.*)"\s*$/.exec(line) ?? [];
  const text = quoted === undefined ? line : `{"manifest":${quoted.replaceAll('""', '"')}}`;
  if (!text.startsWith('{"manifest":')) return null;
  return (parseLosslessJson(text) as { manifest: Manifest }).manifest;
}

export const FORMATS: Record<ExportFormat, FormatSpec> = {
  ndjson: {
    contentType: 'application/x-ndjson',
    extension: 'ndjson',
    manifest: 'trailer',
    header: '',
    line: (event) => toLine(withErased(event)),
    trailer: jsonTrailer,
  },
  csv: {
    contentType: 'text/csv; charset=utf-8',
    extension: 'csv',
    manifest: 'none',
    header: csvLine(CSV_COLUMNS),
    line: (event) => csvLine(csvCells(event)),
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
