import { commitment, isErased, MEMBER, PERSON_COLUMNS, type Salts } from './commitment.ts';
import { membersOf } from './jsonb-text.ts';
import { ELEMENTS } from './leaf-bytes.ts';

/** The salt of a commitment in hex, and the value that it commits to; of a member of metadata the text of its jsonb. */
export interface Opening {
  salt: string;
  value: string;
}

/** What opens the commitments of one leaf: by the name of a column, and of members of metadata by `metadata.NAME`. Erased fields have none. */
export type Openings = Record<string, Opening>;

/** The name of the file of openings beside a proof. */
export const valuesFile = (proof: string): string => `${proof}.values.json`;

/**
 * The openings of an event.
 * @param texts the columns of the event as PostgreSQL prints them.
 */
export function openingsOf(texts: Partial<Record<string, string | null>>): Openings {
  const salts = (texts.salts ? JSON.parse(texts.salts) : {}) as Salts;
  const members = membersOf(texts.metadata ?? '{}');
  const entries = [
    ...PERSON_COLUMNS.map((name) => [name, salts[name], texts[name] ?? undefined] as const),
    ...Object.entries(salts.metadata ?? {}).map(
      ([name, entry]) => [`${MEMBER}${name}`, entry, members.get(name)] as const,
    ),
  ];
  return Object.fromEntries(
    entries.flatMap(([name, salt, value]) =>
      salt === undefined || value === undefined || isErased(salt) ? [] : [[name, { salt, value }]],
    ),
  );
}

/** A field of a leaf that is opened, or, where `value` is null, still committed or erased. */
export interface OpenedField {
  name: string;
  value: string | null;
}

/**
 * Opens the commitments of a leaf.
 * @param text the canonical text of a leaf.
 * @returns each field that is a commitment, or the name of the first opening that does not fit.
 */
export function openLeaf(text: string, openings: Openings): OpenedField[] | { misfit: string } {
  const committed = new Map(commitmentsIn(JSON.parse(text) as unknown[]));
  for (const [name, { salt, value }] of Object.entries(openings))
    if (committed.get(name) !== commitment(salt, Buffer.from(value))) return { misfit: name };
  return [...committed.keys()].map((name) => ({
    name,
    value: Object.hasOwn(openings, name) ? (openings[name]?.value ?? null) : null,
  }));
}

/** The form and the time stand in a leaf too, before the id and behind it. */
function commitmentsIn([form, id, , ...rest]: unknown[]): [string, string][] {
  if (form !== 3) return [];
  return [id, ...rest].flatMap((value, index) => {
    const name = ELEMENTS[index] ?? '';
    if (name === 'metadata' && typeof value === 'object' && value !== null)
      return Object.entries(value).flatMap(([key, member]) => committedAs(`${MEMBER}${key}`, member));
    return committedAs(name, value);
  });
}

const committedAs = (name: string, value: unknown): [string, string][] =>
  typeof value === 'object' && value !== null && 'sha256' in value && typeof value.sha256 === 'string'
    ? [[name, value.sha256]]
    : [];

/** The openings in a file's text, or null when it holds none. */
export function parseOpenings(text: string): Openings | null {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null;
  const good = Object.values(given).every(
    (one: unknown) =>
      typeof one === 'object' &&
      one !== null &&
      'salt' in one &&
      'value' in one &&
      isHex(one.salt) &&
      typeof one.value === 'string',
  );
  return good ? (given as Openings) : null;
}

const isHex = (text: unknown): boolean => typeof text === 'string' && /^[0-9a-f]{32}$/.test(text);
