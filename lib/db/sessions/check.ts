import { PINNED, type SessionSettings } from './settings.ts';

/** A setting that is not what our sessions want. */
export interface Differing {
  name: string;
  wanted: string;
  found: string;
}

/** A setting that somebody configured, which our sessions overrule and other clients obey. */
export interface Configured extends Differing {
  /** `the server`, `database z`, `role golive_app in database z`. */
  where: string;
  /** The statement that takes it back. */
  mend: string;
}

/** Runs a query that takes the names of settings in lower case as its one parameter. */
export type Ask = (sql: string, names: string[]) => Promise<{ name: string; setting: string }[]>;

const NAMES = Object.keys(PINNED).map((name) => name.toLowerCase());

const SHOWN = `SELECT name, setting FROM pg_settings WHERE lower(name) = ANY ($1)`;

/**
 * What of our pinning did not take on a connection: behind a pooler that ignores it, or that gives each transaction another session.
 * @param own what this kind of connection sets beside or instead of the common settings.
 */
export async function unpinned(ask: Ask, own: SessionSettings = {}): Promise<Differing[]> {
  const wanted = Object.entries({ ...PINNED, ...own }).map(([name, value]) => ({ name, wanted: String(value) }));
  const found = new Map((await ask(SHOWN, wanted.map(({ name }) => name.toLowerCase()))).map((row) => [row.name.toLowerCase(), row.setting])); // prettier-ignore
  return wanted.flatMap(({ name, wanted: value }) => {
    const setting = found.get(name.toLowerCase());
    return setting === undefined || setting === value ? [] : [{ name, wanted: value, found: setting }];
  });
}

/**
 * What the server, the database and these roles are configured with that differs from what our sessions want. PostgreSQL's own defaults do not
 * count, nor other names of UTC.
 */
export async function configuredOtherwise(ask: AskConfigured, roles: readonly string[]): Promise<Configured[]> {
  return (await ask(CONFIGURED, [NAMES, roles])).flatMap(({ name, setting, where, mend }): Configured[] => {
    const pinned = Object.entries(PINNED).find(([key]) => key.toLowerCase() === name.toLowerCase());
    if (pinned === undefined || same(pinned[0], pinned[1], setting)) return [];
    return [{ name: pinned[0], wanted: pinned[1], found: setting, where, mend }];
  });
}

/** Runs a query whose parameters are the names of settings and of roles. */
export type AskConfigured = (
  sql: string,
  parameters: [readonly string[], readonly string[]],
) => Promise<{ name: string; setting: string; where: string; mend: string }[]>;

const UTC = /^(etc\/)?(utc|uct|gmt|zulu|universal|greenwich)$/i;
const YES = /^(on|true|yes|1)$/i;
const NO = /^(off|false|no|0)$/i;

/** Settings are written in several ways, above all in `ALTER ROLE … SET`. */
function same(name: string, wanted: string, found: string): boolean {
  if (name === 'TimeZone') return UTC.test(found);
  if (name === 'search_path') return found === wanted || found === '"$user", public';
  if (name === 'client_encoding') return /^(utf-?8|unicode)$/i.test(found);
  if (wanted === 'on') return YES.test(found);
  if (wanted === 'off') return NO.test(found);
  if (wanted === '0') return Number.parseFloat(found) === 0;
  // `iso` alone changes nothing of the order.
  if (name === 'DateStyle') return /^iso(, *(mdy|us|noneuropean))?$/i.test(found);
  return found.toLowerCase() === wanted.toLowerCase();
}

/** The value that a session would have without our pinning is its reset value, unless the database or the role has one of its own. */
const CONFIGURED = `
WITH own AS (
  SELECT split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS setting, s.setrole, r.rolname, d.datname
  FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) c LEFT JOIN pg_roles r ON r.oid = s.setrole
  LEFT JOIN pg_database d ON d.oid = s.setdatabase
  WHERE (s.setdatabase = 0 OR d.datname = current_database()) AND (s.setrole = 0 OR r.rolname = ANY ($2)) AND lower(split_part(c, '=', 1)) = ANY ($1)
)
SELECT name, setting, concat_ws(' in ', 'role ' || rolname, 'database ' || datname) AS "where",
  concat_ws(' ', 'ALTER', CASE WHEN setrole <> 0 THEN concat_ws(' IN DATABASE ', 'ROLE ' || quote_ident(rolname), quote_ident(datname))
    ELSE 'DATABASE ' || quote_ident(datname) END, 'RESET', name) AS mend
FROM own
UNION ALL
SELECT name, reset_val, 'the server', 'ALTER SYSTEM RESET ' || name || ', or the parameter group of the platform'
FROM pg_settings p WHERE lower(name) = ANY ($1) AND reset_val IS DISTINCT FROM boot_val
  AND NOT EXISTS (SELECT FROM own WHERE lower(own.name) = lower(p.name) AND (own.setrole = 0 OR own.rolname = current_user))
ORDER BY 3, 1`;
