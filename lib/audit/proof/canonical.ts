import { leafHash } from './merkle.ts';
import { entryOf } from './tlog-proof.ts';

/** The columns of an event that are hashed, in the order in which they are hashed; metadata follows as the last element. */
export const HASHED_COLUMNS = `action schemaVersion outcome actorType actorId actorLabel actorRole targetType targetId
  targetLabel source ip userAgent requestId correlationId idempotencyKey reason`.split(/\s+/);

/** An event as an export carries it: column names to values, metadata as JSON. */
export type HashableEvent = { id: string; createdAt: Date; metadata: unknown } & Record<string, unknown>;

/**
 * How an event becomes a leaf of the tree. 2: its canonical text is the leaf, whose hash is SHA-256(0x00 || text). 1, of before there was a tree:
 * the SHA-256 of the text is what was kept and is the leaf.
 */
export type Form = 1 | 2;
const CURRENT: Form = 2;

/**
 * The canonical text of an event but for its first element, as an SQL expression over the columns of "AuditEvent". The verifier spells it out
 * instead of calling audit_leaf(): whoever owns the tables could replace that function by one that lies.
 */
export const TEXT_SQL = `pg_catalog.json_build_array("id", (extract(epoch FROM "createdAt") * 1000)::bigint,
  ${HASHED_COLUMNS.map((name) => `"${name}"`).join(', ')}, "metadata"::text)::text`;

/** What the sealer keeps of an event, from SQL expressions for the form and the text of `TEXT_SQL`. */
export const leafSql = (form: string, text: string): string => {
  const whole = (first: Form) => `pg_catalog.convert_to('[${first}, ' || pg_catalog.substr(${text}, 2), 'UTF8')`;
  return `CASE ${form} WHEN 1 THEN pg_catalog.sha256(${whole(1)}) ELSE pg_catalog.sha256(pg_catalog.byteacat('\\x00', ${whole(2)})) END`;
};

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

/** The canonical text of an event: a JSON array of the form and the columns. */
export function canonicalText(event: HashableEvent, form: Form = CURRENT): string {
  const columns = HASHED_COLUMNS.map((name) => event[name] ?? null);
  const parts = [form, event.id, event.createdAt.getTime(), ...columns, canonicalJson(event.metadata)];
  return `[${parts.map((part) => JSON.stringify(part)).join(', ')}]`;
}

/** What the sealer keeps of an event: the hash of its leaf, or for form 1 the leaf itself. */
export function leafOf(event: HashableEvent, form: Form = CURRENT): Buffer {
  const text = Buffer.from(canonicalText(event, form));
  return form === CURRENT ? leafHash(text) : entryOf(text);
}
