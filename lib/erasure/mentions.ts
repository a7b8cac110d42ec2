import { MEMBER, PERSON_COLUMNS, type PersonColumn } from '../audit/proof/commitment.ts';
import { membersOf } from '../audit/proof/jsonb-text.ts';
import type { Person } from './person.ts';

/** Columns as text: null where there is no value. */
export type EventTexts = Record<PersonColumn | 'actorType' | 'source' | 'metadata', string | null>;

const ESCAPED = /[\\^$.*+?()[\]{}|/]/g;

/** What may not stand before and behind a text, or it is part of another one. */
interface Edges {
  before: string;
  behind: string;
}

const WORDS: Edges = { before: String.raw`(?<![\p{L}\p{N}])`, behind: String.raw`(?![\p{L}\p{N}])` };
const ADDRESS: Edges = {
  before: String.raw`(?<![\p{L}\p{N}._%+-])`,
  behind: String.raw`(?![\p{L}\p{N}]|[.-][\p{L}\p{N}])`,
};
const NETWORK: Edges = {
  before: String.raw`(?<![\p{L}\p{N}.:])`,
  behind: String.raw`(?![\p{L}\p{N}]|[.:][\p{L}\p{N}])`,
};
/** A single word, such as "admin", means the person only where it is the whole text. */
const WHOLE: Edges = { before: '(?<=^|")', behind: '(?=$|")' };

const edgesOf = (name: string): Edges => (name.includes('@') ? ADDRESS : /\s/.test(name) ? WORDS : WHOLE);

/** The ways in which a text may be written: as it is, in JSON, in a URL. */
export const spellingsOf = (text: string): string[] => [
  ...new Set([text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)]),
];

/** Whether a text has one of a person's names or addresses in it, in any case. */
export function mentionsOf({ names, ips }: Pick<Person, 'names' | 'ips'>): (text: string) => boolean {
  const one = (text: string, { before, behind }: Edges) =>
    spellingsOf(text).map((spelling) => `${before}${spelling.replace(ESCAPED, String.raw`\$&`)}${behind}`);
  const any = [...names.flatMap((name) => one(name, edgesOf(name))), ...ips.flatMap((ip) => one(ip, NETWORK))];
  if (any.length === 0) return () => false;
  const pattern = new RegExp(any.join('|'), 'iu');
  return (text) => pattern.test(text);
}

/**
 * Whether a text has such a name or address in it, as part of a longer word too: what is known to be about the person may spell them so, as in
 * `invoice-jane@example.org`.
 */
export function partsOf({ names, ips }: Pick<Person, 'names' | 'ips'>): (text: string) => boolean {
  const spellings = [...names.filter((name) => edgesOf(name) !== WHOLE), ...ips].flatMap(spellingsOf);
  const lower = spellings.map((spelling) => spelling.toLowerCase());
  return (text) => lower.some((spelling) => text.toLowerCase().includes(spelling));
}

/**
 * The person fields of an event that are about a person: columns by their names, members of metadata as `metadata.NAME`. Address and user agent
 * are a person's where that person acted, or tried to without having signed in.
 */
export function fieldsAbout(person: Person, event: EventTexts): string[] {
  const strictly = mentionsOf(person);
  const acted = event.actorId === person.id;
  const concerned = event.targetId === person.id;
  const named = [event.actorLabel, event.targetLabel].some((label) => label !== null && strictly(label));
  const loosely = partsOf(person);
  const mentioned = (text: string) => strictly(text) || ((acted || concerned || named) && loosely(text));
  const tried = event.actorType === 'anonymous' && (concerned || named);
  const own: Partial<Record<PersonColumn, boolean>> = {
    actorLabel: acted,
    targetLabel: concerned,
    ip: event.source !== 'agent' && (acted || tried),
    userAgent: event.source !== 'agent' && (acted || tried),
  };
  const columns = PERSON_COLUMNS.filter((name) => {
    const value = event[name];
    if (value === null) return false;
    if (own[name]) return true;
    // The address of somebody else may be the same one.
    return name !== 'ip' && name !== 'userAgent' && mentioned(value);
  });
  const members = [...membersOf(event.metadata ?? '{}')].filter(([, text]) => mentioned(text));
  return [...columns, ...members.map(([name]) => `${MEMBER}${name}`)];
}
