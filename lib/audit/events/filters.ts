import { fail, ok, type Result } from '../../errors.ts';
import { OUTCOMES, SOURCES, type Outcome, type Source } from './catalogue.ts';

/** Filters of the log. Each has an index that ends in (createdAt desc, id desc). */
export interface AuditFilters {
  /** Exact name; not restricted to the catalogue, because rows outlive it. */
  action?: string;
  /** An actor's id or e-mail address (with `@` and no `:`), so that failed sign-ins of unknown users can be found. */
  actor?: string;
  /** A target's id. */
  target?: string;
  outcome?: Outcome;
  source?: Source;
  /** Inclusive. */
  from?: Date;
  /** Exclusive. */
  to?: Date;
  requestId?: string;
}

export const FILTER_NAMES = ['action', 'actor', 'target', 'outcome', 'source', 'from', 'to', 'requestId'] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

const MAX_LENGTH = 512;
const ACTION = /^[a-z_]+(\.[a-z_]+)+$/;
/** A date, or a date and a time as `<input type="datetime-local">` sends it, with or without a zone. */
const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** Parses a time; UTC without a zone. Undefined when it is invalid, e.g. 30 February. */
export function parseMoment(text: string): Date | undefined {
  const match = MOMENT.exec(text);
  if (!match) return undefined;
  const [, year, month, day, time, , , zone] = match;
  const date = new Date(time === undefined || zone !== undefined ? text : `${text}Z`);
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const inRange = Number(year) >= 1970 && Number(day) <= days;
  return inRange && !Number.isNaN(date.getTime()) ? date : undefined;
}

/** Formats a time for a datetime-local field, in UTC. Invalid text is returned unchanged. */
export function momentField(text: string): string {
  return (
    parseMoment(text)
      ?.toISOString()
      .replace(/(:00)?(\.000)?Z$/, '') ?? text
  );
}

const oneOf = <T extends string>(values: readonly T[], text: string): text is T =>
  (values as readonly string[]).includes(text);

/**
 * Parses filters from a URL or a form. Empty values count as absent, because forms send them.
 * @returns `invalid_filter` with a message; `extra.filter` is the filter's name.
 */
export function parseFilters(given: Partial<Record<FilterName, string>>): Result<AuditFilters> {
  const filters: AuditFilters = {};
  for (const name of FILTER_NAMES) {
    const text = given[name]?.trim() ?? '';
    if (text === '') continue;
    const refused = assign(filters, name, text);
    if (refused !== undefined) return fail('invalid_filter', `The filter "${name}" ${refused}.`, { filter: name });
  }
  if (filters.from && filters.to && filters.from >= filters.to)
    return fail('invalid_filter', 'The filter "from" must be earlier than "to".', { filter: 'from' });
  return ok(filters);
}

/** Sets one filter. @returns the error message when the text is invalid. */
function assign(filters: AuditFilters, name: FilterName, text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  // PostgreSQL's text type does not support U+0000, and stored values have no control characters.
  // eslint-disable-next-line no-control-regex -- control characters are rejected here
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'must not hold control characters';
  switch (name) {
    case 'action':
      if (!ACTION.test(text)) return 'must be a dotted name such as auth.sign_in';
      filters.action = text;
      return undefined;
    case 'outcome':
      if (!oneOf(OUTCOMES, text)) return `must be one of ${OUTCOMES.join(', ')}`;
      filters.outcome = text;
      return undefined;
    case 'source':
      if (!oneOf(SOURCES, text)) return `must be one of ${SOURCES.join(', ')}`;
      filters.source = text;
      return undefined;
    case 'from':
    case 'to': {
      const moment = parseMoment(text);
      if (moment === undefined) return 'must be a date or a time such as 2026-11-22T09:30Z';
      filters[name] = moment;
      return undefined;
    }
    case 'actor':
    case 'target':
    case 'requestId':
      filters[name] = text;
      return undefined;
  }
}

/** Serialises filters in a fixed order: for links, audit metadata and cursors. */
export function filtersToText(filters: AuditFilters): Record<string, string> {
  const entries = FILTER_NAMES.flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [[name, value instanceof Date ? value.toISOString() : value] as const];
  });
  return Object.fromEntries(entries);
}
