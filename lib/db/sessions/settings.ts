/**
 * What each of our connections is set to, whatever the server, the database or the role were configured with. Prisma's adapter writes a
 * moment without its offset and reads one as if it were in UTC, so a session in another zone would shift every time; the rest would change
 * what a text means, which table a name means, or whether a statement may run at all.
 */
export const PINNED = {
  // The first, lest a limit of the role's ends the statements that follow.
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  bytea_output: 'hex',
  extra_float_digits: '1',
  // Before the path, whose names it would quote.
  quote_all_identifiers: 'off',
  search_path: 'public',
  array_nulls: 'on',
  transform_null_equals: 'off',
  row_security: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
} as const;

/** Settings of a session by name. A number of a time-out is in milliseconds. */
export type SessionSettings = Readonly<Record<string, string | number>>;

const literal = (value: string | number) => `'${String(value).replaceAll("'", "''")}'`;

/**
 * The statements that pin a session, for the first query of a connection and for psql. They are sent after connecting and not as parameters
 * of the connection, since session poolers refuse those that they do not know.
 * @param own what this kind of connection wants beside or instead of the common settings, like a limit of time.
 */
export function pinningSql(own: SessionSettings = {}): string {
  const settings = Object.entries({ ...PINNED, ...own }).map(([name, value]) => `SET ${name} = ${literal(value)}`);
  // PostgreSQL 17 brought it; an older server refuses the name.
  const newer =
    "SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('server_version_num')::int >= 170000";
  return [...settings, newer].join('; ');
}
