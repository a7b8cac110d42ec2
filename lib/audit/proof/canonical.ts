import { compareKeys } from './jsonb-text.ts';
import { keptOf, LEAF_TEXTS, leafRowOf, type Form, type LeafRow } from './leaf-bytes.ts';

/** An event as an export carries it: column names to values, metadata as JSON. */
export type HashableEvent = { id: string; createdAt: Date; metadata: unknown } & Record<string, unknown>;

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
  const texts = LEAF_TEXTS.map((name) =>
    name === 'metadata' ? canonicalJson(event.metadata ?? null) : textOf(event[name]),
  );
  return leafRowOf(event.createdAt.getTime(), texts);
}

const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);

/** What the sealer keeps of an event: the hash of its leaf, or for form 1 the leaf itself. */
export const leafOf = (event: HashableEvent, form: Form = 3): Buffer => keptOf(rowOf(event), form);
