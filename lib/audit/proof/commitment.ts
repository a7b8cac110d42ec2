import { hash } from 'node:crypto';
import { compareKeys, membersOf } from './jsonb-text.ts';

/** The columns that may hold what identifies a person, and may stand in a leaf as commitments. */
export const PERSON_COLUMNS = [
  'actorId',
  'actorLabel',
  'targetId',
  'targetLabel',
  'ip',
  'userAgent',
  'correlationId',
  'idempotencyKey',
] as const;
export type PersonColumn = (typeof PERSON_COLUMNS)[number];

/**
 * Of each person field of an event what is kept of its commitment, in hex: the salt of 16 bytes beside the value, or, once the value is erased,
 * the commitment of 32 bytes in place of both. Under `metadata` likewise of its members, and under `erasures` the events that record who erased.
 */
export type Salts = Partial<Record<PersonColumn, string>> & { metadata?: Record<string, string>; erasures?: string[] };

/** Characters of a commitment in hex. */
export const COMMITMENT_LENGTH = 64;

/** Whether an entry of `Salts` stands for an erased value. */
export const isErased = (entry: string | undefined): entry is string => entry?.length === COMMITMENT_LENGTH;

/** What pages, reports and exports show in place of an erased value. */
export const ERASED = 'erased';

/** What stands before the name of a member of metadata where fields are named. */
export const MEMBER = 'metadata.';

/** The erased fields of an event: columns by their names, members of metadata as `metadata.NAME`. */
export function erasedFields(salts: unknown): string[] {
  const columns = (salts ?? {}) as Salts;
  return [
    ...PERSON_COLUMNS.filter((name) => isErased(columns[name])),
    ...erasedMembers(salts).map((name) => `${MEMBER}${name}`),
  ];
}

/** The names of the erased members of an event's metadata. */
export const erasedMembers = (salts: unknown): string[] =>
  Object.entries(((salts ?? {}) as Salts).metadata ?? {}).flatMap(([name, entry]) => (isErased(entry) ? [name] : []));

/**
 * The commitment to a value in hex: SHA-256(salt || value).
 * @param salt in hex.
 * @param value in UTF-8; of a member of metadata the text of its jsonb.
 */
export const commitment = (salt: string, value: Uint8Array): string =>
  hash('sha256', Buffer.concat([Buffer.from(salt, 'hex'), value]), 'hex');

/** In place of a field of which value and entry contradict each other: no leaf has it, so such an event is not what was sealed. */
const CONTRADICTION = '!';

/** What stands in a leaf of form 3 in place of a person field. */
export function commitmentElement(entry: string, value: Uint8Array | null): string {
  if (isErased(entry) !== (value === null)) return CONTRADICTION;
  return `{"sha256": "${value === null ? entry : commitment(entry, value)}"}`;
}

/**
 * The metadata of a leaf of form 3: the members in their order, those with an entry as commitments.
 * @param text of the event's metadata, as PostgreSQL prints it.
 */
export function committedMembers(text: string, entries: Record<string, string> | undefined): string {
  if (entries === undefined) return text;
  const members = membersOf(text);
  const keys = [...new Set([...members.keys(), ...Object.keys(entries)])].sort(compareKeys);
  const element = (key: string): string => {
    const value = members.get(key);
    const entry = Object.hasOwn(entries, key) ? entries[key] : undefined;
    if (entry === undefined) return value ?? CONTRADICTION;
    return commitmentElement(entry, value === undefined ? null : Buffer.from(value));
  };
  return `{${keys.map((key) => `${JSON.stringify(key)}: ${element(key)}`).join(', ')}}`;
}
