import { PERSON_COLUMNS } from './commitment.ts';
import { compareKeys } from './jsonb-text.ts';
import { HASHED_COLUMNS, keptOf, LEAF_TEXTS, leafRowOf, type Form, type LeafRow } from './leaf-bytes.ts';

/** An event as an export carries it: column names to values, metadata as JSON. */
export type HashableEvent = { id: string; createdAt: Date; metadata: unknown } & Record<string, unknown>;

/** An element of a leaf of form 3 as an SQL expression. */
const elementSql = (
  value: string,
  entry: string,
): string => `CASE WHEN ${entry} IS NULL THEN pg_catalog.to_json(${value})
  WHEN (${value} IS NULL) <> (pg_catalog.length(${entry}) = 64) THEN 'false'::pg_catalog.json
  ELSE ('{"sha256": "' || CASE WHEN ${value} IS NULL THEN ${entry} ELSE pg_catalog.encode(pg_catalog.sha256(
    pg_catalog.byteacat(pg_catalog.decode(${entry}, 'hex'), pg_catalog.convert_to(${value}::text, 'UTF8'))), 'hex') END || '"}')::pg_catalog.json END`;

const isPersonColumn = (name: string): boolean => PERSON_COLUMNS.some((column) => column === name);

const METADATA_SQL = `CASE WHEN "salts" -> 'metadata' IS NULL THEN "metadata"::text ELSE (
  SELECT coalesce(pg_catalog.jsonb_object_agg(key, CASE WHEN entry IS NULL THEN value ELSE (${elementSql('value::text', 'entry')})::jsonb END), '{}')::text
  FROM (SELECT * FROM pg_catalog.jsonb_each("metadata")) AS m(key, value)
  FULL JOIN (SELECT * FROM pg_catalog.jsonb_each_text("salts" -> 'metadata')) AS s(key, entry) USING (key)) END`;

const elementsSql = (column: (name: string) => string, metadata: string): string =>
  `pg_catalog.json_build_array("id", (extract(epoch FROM "createdAt") * 1000)::bigint, ${HASHED_COLUMNS.map(column).join(', ')}, ${metadata})::text`;

/**
 * The canonical text of an event but for its first element, as an SQL expression over the columns of "AuditEvent". The verifier spells it out
 * instead of calling audit_leaf(): whoever owns the tables could replace that function by one that lies.
 */
const TEXT_SQL = {
  plain: elementsSql((name) => `"${name}"`, '"metadata"::text'),
  committed: elementsSql(
    (name) => (isPersonColumn(name) ? elementSql(`"${name}"`, `("salts" ->> '${name}')`) : `"${name}"`),
    `(${METADATA_SQL})::pg_catalog.json`,
  ),
};

/** What the sealer keeps of an event of an alias, from an SQL expression for the form. */
export const leafSql = (form: string): string => {
  const leaf = (first: Form) =>
    `pg_catalog.convert_to('[${first}, ' || pg_catalog.substr(${TEXT_SQL[first === 3 ? 'committed' : 'plain']}, 2), 'UTF8')`;
  const hashed = (first: Form) => `pg_catalog.sha256(pg_catalog.byteacat('\\x00', ${leaf(first)}))`;
  return `CASE ${form} WHEN 1 THEN pg_catalog.sha256(${leaf(1)}) WHEN 2 THEN ${hashed(2)} WHEN 3 THEN ${hashed(3)} END`;
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

/** The plain values of an exported event. */
function rowOf(event: HashableEvent): LeafRow {
  const texts = LEAF_TEXTS.map((name) => (name === 'metadata' ? canonicalJson(event.metadata) : textOf(event[name])));
  return leafRowOf(event.createdAt.getTime(), texts);
}

const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);

/** What the sealer keeps of an event: the hash of its leaf, or for form 1 the leaf itself. */
export const leafOf = (event: HashableEvent, form: Form = 3): Buffer => keptOf(rowOf(event), form);
