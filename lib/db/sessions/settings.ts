/**
 * Session settings required on every connection, whatever server, database or role are configured with. Prisma's adapter sends times
 * without an offset and reads them as UTC, so another time zone would shift every time; the other settings affect parsing, name resolution
 * or timeouts.
 */
export const REQUIRED_SETTINGS = {
  // First, so that a limit of the role does not cancel the following statements.
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
  // Before search_path, whose names it would quote.
  quote_all_identifiers: 'off',
  search_path: 'public',
  array_nulls: 'on',
  transform_null_equals: 'off',
  row_security: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
} as const;

/** Session settings by name; timeouts in milliseconds. */
export type SessionSettings = Readonly<Record<string, string | number>>;

const literal = (value: string | number) => `'${String(value).replaceAll("'", "''")}'`;

/**
 * SQL that applies the required settings, for the first query of a connection and for psql. Sent after connecting and not as startup
 * parameters, because session poolers reject unknown ones.
 * @param own additional or overriding settings, such as a timeout.
 */
export function sessionSettingsSql(own: SessionSettings = {}): string {
  const settings = Object.entries({ ...REQUIRED_SETTINGS, ...own }).map(
    ([name, value]) => `SET ${name} = ${literal(value)}`,
  );
  // New in PostgreSQL 17; older servers reject it.
  const newer =
    "SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('server_version_num')::int >= 170000";
  return [...settings, newer].join('; ');
}
