import { createHash, hash } from 'node:crypto';

/** The columns of an event that are hashed, in the order in which they are hashed; metadata follows as the last element. */
export const HASHED_COLUMNS = `action schemaVersion outcome actorType actorId actorLabel actorRole targetType targetId
  targetLabel source ip userAgent requestId correlationId idempotencyKey reason`.split(/\s+/);

/** An event as an export carries it: column names to values, metadata as JSON. */
export type HashableEvent = { id: string; createdAt: Date; metadata: unknown } & Record<string, unknown>;

/** The form's version, first element of what is hashed. */
const FORM = 1;

/**
 * The leaf as an SQL expression over the columns of "AuditEvent". The verifier spells it out instead of calling audit_leaf(): whoever
 * owns the tables could replace that function by one that lies.
 */
export const LEAF_SQL = `pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.json_build_array(${FORM}, "id",
  (extract(epoch FROM "createdAt") * 1000)::bigint, ${HASHED_COLUMNS.map((name) => `"${name}"`).join(', ')},
  "metadata"::text)::text, 'UTF8'))`;

/** A number without an exponent, as PostgreSQL's numeric writes it. */
function canonicalNumber(value: number): string {
  const text = JSON.stringify(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = '', first = '', rest = '', exponent] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}

/** Shorter keys first, then by their UTF-8 bytes. */
function compareKeys(a: string, b: string): number {
  return Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * The canonical text of a JSON value: keys sorted by length and then by bytes, `", "` and `": "` between, numbers without exponents.
 * This is also the order in which jsonb must store keys on disk, so the database produces the same text without being asked to sort;
 * a property test holds the two together.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number') return canonicalNumber(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => compareKeys(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${canonicalJson(item)}`).join(', ')}}`;
}

/** The leaf hash of an event. */
export function leafOf(event: HashableEvent): Buffer {
  const columns = HASHED_COLUMNS.map((name) => event[name] ?? null);
  const parts = [FORM, event.id, event.createdAt.getTime(), ...columns, canonicalJson(event.metadata)];
  return Buffer.from(hash('sha256', `[${parts.map((part) => JSON.stringify(part)).join(', ')}]`, 'hex'), 'hex');
}

/** What the first link hangs on. */
export const GENESIS = createHash('sha256').update('golive audit chain 1').digest();

/** The hash of a link: SHA-256 of the previous link's hash and this leaf. */
export function linkOf(previous: Uint8Array, leaf: Uint8Array): Buffer {
  return createHash('sha256').update(previous).update(leaf).digest();
}
