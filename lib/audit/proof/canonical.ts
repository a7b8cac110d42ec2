import { createHash, hash } from 'node:crypto';

/** The columns of an event that are hashed, in the order in which they are hashed; metadata follows as the last element. */
export const HASHED_COLUMNS = `action schemaVersion outcome actorType actorId actorLabel actorRole targetType targetId
  targetLabel source ip userAgent requestId correlationId idempotencyKey reason`.split(/\s+/);

/** An event as an export carries it: column names to values, metadata as JSON. */
export type HashableEvent = { id: string; createdAt: Date; metadata: unknown } & Record<string, unknown>;

/** Version of the leaf format, its first hashed element. */
const LEAF_VERSION = 1;

/**
 * The leaf hash as an SQL expression over "AuditEvent". The verifier does not call audit_leaf(), because the owner of the tables could
 * replace that function.
 */
export const LEAF_SQL = `pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.json_build_array(${LEAF_VERSION}, "id",
  (extract(epoch FROM "createdAt") * 1000)::bigint, ${HASHED_COLUMNS.map((name) => `"${name}"`).join(', ')},
  "metadata"::text)::text, 'UTF8'))`;

/** A number without exponent, as PostgreSQL's numeric type prints it. */
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
 * The canonical text of a JSON value: keys sorted by length and then by bytes, `", "` and `": "` between, numbers without exponents. jsonb
 * stores keys in this order, so the database produces the same text; a property test compares both.
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
  const parts = [LEAF_VERSION, event.id, event.createdAt.getTime(), ...columns, canonicalJson(event.metadata)];
  return Buffer.from(hash('sha256', `[${parts.map((part) => JSON.stringify(part)).join(', ')}]`, 'hex'), 'hex');
}

/** Hash before the first link. */
export const GENESIS = createHash('sha256').update('golive audit chain 1').digest();

/** Hash of a link: SHA-256 of the previous hash and the leaf. */
export function linkOf(previous: Uint8Array, leaf: Uint8Array): Buffer {
  return createHash('sha256').update(previous).update(leaf).digest();
}
