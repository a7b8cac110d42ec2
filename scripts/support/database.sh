# Sourced by backup.sh and restore.sh: the database of the environment, in the form libpq takes.

# What tools say is read here, so they must say it in one language.
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

percent_decode() {
  local text=${1//\\/\\\\}
  printf '%b' "${text//%/\\x}"
}

# Sets URL from the variable named $2, without the password and without parameters that only Prisma knows, and exports PGPASSWORD and PGSSLROOTCERT: a
# password on a command line stands in every user's list of processes.
use_database() {
  local given=${!2:-}
  [[ $given == postgres://* || $given == postgresql://* ]] || die 2 "set DATABASE_URL to a postgres:// URL"
  local scheme=${given%%://*} rest=${given#*://}
  if [[ ${rest%%/*} == *:*@* ]]; then
    local login=${rest%%@*}
    PGPASSWORD=$(percent_decode "${login#*:}")
    export PGPASSWORD
    rest="${login%%:*}@${rest#*@}"
  fi
  URL=$(sed -E 's/([?&])(schema|pgbouncer|connection_limit)=[^&]*/\1/g; s/&&+/\&/g; s/\?&/?/; s/[?&]$//' <<<"$scheme://$rest")
  HOST_AND_NAME=${rest#*@}
  HOST_AND_NAME=${HOST_AND_NAME%%\?*}
  if [[ -n ${DATABASE_CA_CERT:-} ]]; then
    if [[ $DATABASE_CA_CERT == *-----BEGIN* ]]; then
      PGSSLROOTCERT=$WORK/ca.pem
      printf '%b\n' "$DATABASE_CA_CERT" >"$PGSSLROOTCERT"
    else
      PGSSLROOTCERT=$DATABASE_CA_CERT
    fi
    export PGSSLROOTCERT
  fi
  export PGAPPNAME="golive-$1" PGCONNECT_TIMEOUT=10
}

# What each session is set to, whatever the server, the database or the role say: as in lib/db/session.ts, and for its reasons.
PINNED="SET statement_timeout = '0'; SET lock_timeout = '0'; SET idle_in_transaction_session_timeout = '0'; SET idle_session_timeout = '0';
  SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET client_encoding = 'UTF8';
  SET standard_conforming_strings = 'on'; SET bytea_output = 'hex'; SET extra_float_digits = '1'; SET quote_all_identifiers = 'off';
  SET search_path = 'public'; SET array_nulls = 'on'; SET transform_null_equals = 'off'; SET row_security = 'on';
  SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = 'off';
  SET default_transaction_deferrable = 'off'"

# psql on the database. A script on its stdin needs the arguments `-f -`.
run_psql() {
  psql -Xq -v ON_ERROR_STOP=1 -d "$URL" -c "$PINNED" "$@"
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
