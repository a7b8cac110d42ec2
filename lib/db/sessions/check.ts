import { REQUIRED_SETTINGS, type SessionSettings } from './settings.ts';

/** A session setting with an unexpected value. */
export interface SettingMismatch {
  name: string;
  wanted: string;
  found: string;
}

/** A configured setting that our sessions override but other clients use. */
export interface ConfiguredSetting extends SettingMismatch {
  /** `the server`, `database z`, `role golive_app in database z`. */
  where: string;
  /** The statement that resets it. */
  fix: string;
}

/** Runs a query whose only parameter is the list of setting names in lower case. */
export type QuerySettings = (sql: string, names: string[]) => Promise<{ name: string; setting: string }[]>;

const NAMES = Object.keys(REQUIRED_SETTINGS).map((name) => name.toLowerCase());

const SHOWN = `SELECT name, setting FROM pg_settings WHERE lower(name) = ANY ($1)`;

/**
 * Required settings that are not in effect on a connection, e.g. behind a transaction pooler.
 * @param own additional or overriding settings of this kind of connection.
 */
export async function unappliedSettings(query: QuerySettings, own: SessionSettings = {}): Promise<SettingMismatch[]> {
  const wanted = Object.entries({ ...REQUIRED_SETTINGS, ...own }).map(([name, value]) => ({
    name,
    wanted: String(value),
  }));
  const found = new Map((await query(SHOWN, wanted.map(({ name }) => name.toLowerCase()))).map((row) => [row.name.toLowerCase(), row.setting])); // prettier-ignore
  return wanted.flatMap(({ name, wanted: value }) => {
    const setting = found.get(name.toLowerCase());
    return setting === undefined || setting === value ? [] : [{ name, wanted: value, found: setting }];
  });
}

/** Settings of server, database and roles that differ from the required ones. PostgreSQL's defaults and aliases of UTC are ignored. */
export async function conflictingSettings(
  query: QueryConfiguredSettings,
  roles: readonly string[],
): Promise<ConfiguredSetting[]> {
  return (await query(CONFIGURED, [NAMES, roles])).flatMap(({ name, setting, where, fix }): ConfiguredSetting[] => {
    const pinned = Object.entries(REQUIRED_SETTINGS).find(([key]) => key.toLowerCase() === name.toLowerCase());
    if (pinned === undefined || isSameSetting(pinned[0], pinned[1], setting)) return [];
    return [{ name: pinned[0], wanted: pinned[1], found: setting, where, fix }];
  });
}

/** Runs a query whose parameters are the names of settings and of roles. */
export type QueryConfiguredSettings = (
  sql: string,
  parameters: [readonly string[], readonly string[]],
) => Promise<{ name: string; setting: string; where: string; fix: string }[]>;

const UTC = /^(etc\/)?(utc|uct|gmt|zulu|universal|greenwich)$/i;
const YES = /^(on|true|yes|1)$/i;
const NO = /^(off|false|no|0)$/i;

/** Settings have several spellings, especially in `ALTER ROLE … SET`. */
function isSameSetting(name: string, wanted: string, found: string): boolean {
  if (name === 'TimeZone') return UTC.test(found);
  if (name === 'search_path') return found === wanted || found === '"$user", public';
  if (name === 'client_encoding') return /^(utf-?8|unicode)$/i.test(found);
  if (wanted === 'on') return YES.test(found);
  if (wanted === 'off') return NO.test(found);
  if (wanted === '0') return Number.parseFloat(found) === 0;
  // `iso` alone keeps the field order.
  if (name === 'DateStyle') return /^iso(, *(mdy|us|noneuropean))?$/i.test(found);
  return found.toLowerCase() === wanted.toLowerCase();
}

/** The configured value is the reset value, unless the database or the role overrides it. */
const CONFIGURED = `
WITH own AS (
  SELECT split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS setting, s.setrole, r.rolname, d.datname
  FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) c LEFT JOIN pg_roles r ON r.oid = s.setrole
  LEFT JOIN pg_database d ON d.oid = s.setdatabase
  WHERE (s.setdatabase = 0 OR d.datname = current_database()) AND (s.setrole = 0 OR r.rolname = ANY ($2)) AND lower(split_part(c, '=', 1)) = ANY ($1)
)
SELECT name, setting, concat_ws(' in ', 'role ' || rolname, 'database ' || datname) AS "where",
  concat_ws(' ', 'ALTER', CASE WHEN setrole <> 0 THEN concat_ws(' IN DATABASE ', 'ROLE ' || quote_ident(rolname), quote_ident(datname))
    ELSE 'DATABASE ' || quote_ident(datname) END, 'RESET', name) AS fix
FROM own
UNION ALL
SELECT name, reset_val, 'the server', 'ALTER SYSTEM RESET ' || name || ', or the parameter group of the platform'
FROM pg_settings p WHERE lower(name) = ANY ($1) AND reset_val IS DISTINCT FROM boot_val
  AND NOT EXISTS (SELECT FROM own WHERE lower(own.name) = lower(p.name) AND (own.setrole = 0 OR own.rolname = current_user))
ORDER BY 3, 1`;
