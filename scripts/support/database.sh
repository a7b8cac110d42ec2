# Sourced by backup.sh and restore.sh: the database of the environment, in the form libpq takes. They set ROOT and WORK.

((BASH_VERSINFO[0] >= 4)) || { echo "error: bash $BASH_VERSION is too old: 4 or newer (macOS: brew install bash)" >&2; exit 3; }

# The output of tools is parsed, so the locale is fixed.
export LC_ALL=C

# Says one line and ends with its code. The mark tells the trap of the exit that the failure has been said.
die() {
  local code=$1
  shift
  [[ -z ${WORK:-} ]] || : >"$WORK/said"
  echo "error: $*" >&2
  exit "$code"
}

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || die 3 "$tool is not installed. Debian: apt-get install -y postgresql-client gnupg"
  done
}

# Bytes of a file.
size_of() { wc -c <"$1" | tr -d ' '; }

# Bytes that are free where a file would be written.
room_in() { df -Pk "$1" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }'; }

sha256_of() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

# The node of the lock file where it is installed: the machine's own may be too old to run TypeScript.
run_node() {
  local node=$ROOT/node_modules/.bin/node
  [[ -x $node ]] || node=node
  command -v "$node" >/dev/null || die 3 "node is not installed: npm ci brings it"
  "$node" "$@"
}

# Has psql, pg_dump and pg_restore connect as the variable named $2 says, by the variables of libpq alone: what stands on a command line
# is read by every user of the machine. Sets HOST_AND_NAME. The URL is read where the app's is, so both understand the same ones.
use_database() {
  local commands
  commands=$(run_node "$ROOT/scripts/support/libpq-environment.ts" "$2" "$WORK" 2>"$WORK/url.err") || {
    local said
    said=$(sed -n 's/^error: //p' "$WORK/url.err")
    die "$([[ -n $said ]] && echo 2 || echo 3)" "${said:-node $(run_node --version) cannot read the URL of the database: npm ci brings one that can}"
  }
  eval "$commands"
  export PGAPPNAME=${PGAPPNAME:-golive-$1} PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
}

# What each session is set to, whatever the server, the database or the role say: as in lib/db/sessions/settings.ts, and for its reasons.
PINNED="SET statement_timeout = '0'; SET lock_timeout = '0'; SET idle_in_transaction_session_timeout = '0'; SET idle_session_timeout = '0';
  SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET client_encoding = 'UTF8';
  SET standard_conforming_strings = 'on'; SET bytea_output = 'hex'; SET extra_float_digits = '1'; SET quote_all_identifiers = 'off';
  SET search_path = 'public'; SET array_nulls = 'on'; SET transform_null_equals = 'off'; SET row_security = 'on';
  SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = 'off';
  SET default_transaction_deferrable = 'off'"

# psql on the database. A script on its stdin needs the arguments `-f -`.
run_psql() {
  psql -Xq -v ON_ERROR_STOP=1 -c "$PINNED" "$@"
}

ask() {
  run_psql -At -c "$1"
}

# One JSON object: every table of the schemas with its number of rows, or those that the JSON of $2 has too. Partitions count with their table.
COUNTS_SQL="SELECT coalesce(json_object_agg(name, rows ORDER BY name), '{}') FROM (
  SELECT name, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', name), false, true, '')))[1]::text::bigint AS rows
  FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = ANY (string_to_array('%SCHEMAS%', ' '))) AS every
  WHERE %NAMED%) AS t"

counts_sql() {
  local sql=${COUNTS_SQL//%SCHEMAS%/$1} named=true
  [[ -z ${2:-} ]] || named="name IN (SELECT json_object_keys($2::json))"
  tr '\n' ' ' <<<"${sql//%NAMED%/$named}"
}
