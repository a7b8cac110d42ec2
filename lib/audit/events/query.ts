import { env } from '../../env.ts';
import { fail, ok, type Result } from '../../errors.ts';
import { decodeCursor, type Position } from './cursor.ts';
import { FILTER_NAMES, parseFilters, type AuditFilters } from './filters.ts';

/** A query of one page of the log. */
export interface AuditQuery {
  filters: AuditFilters;
  /** Keyset position of the previous page's end; undefined for the newest page. */
  cursor?: Position;
  /** Rows a page. */
  limit: number;
}

/** 25 rows keep a page within 60 blocks, at one block per row and an index descent per month. */
export const DEFAULT_LIMIT = 25;
export const MAX_LIMIT = 200;

const KNOWN = new Set<string>([...FILTER_NAMES, 'cursor', 'limit']);

/**
 * Parses a query of the log from a URL. Unknown parameters are rejected: a misspelt filter must not show everything.
 * @returns `invalid_filter` (`extra.filter` names it) or `invalid_cursor` with a message; never throws.
 */
export function parseAuditQuery(params: URLSearchParams): Result<AuditQuery> {
  const given: Record<string, string> = {};
  for (const [name, value] of params) {
    const filter = name.slice(0, 64);
    if (!KNOWN.has(name)) return fail('invalid_filter', `There is no filter "${filter}".`, { filter });
    if (name in given) return fail('invalid_filter', `The filter "${name}" is given twice.`, { filter });
    given[name] = value;
  }
  const filters = parseFilters(given);
  if (!filters.ok) return filters;
  const limit = given.limit ? Number(given.limit) : DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    return fail('invalid_filter', `"limit" must be a whole number from 1 to ${MAX_LIMIT}.`, { filter: 'limit' });
  if (!given.cursor) return ok({ filters: filters.value, limit });
  const cursor = decodeCursor(given.cursor, filters.value, env().NEXTAUTH_SECRET);
  if (cursor === undefined)
    return fail('invalid_cursor', 'The cursor is damaged or belongs to other filters: start again without it.');
  return ok({ filters: filters.value, cursor, limit });
}
