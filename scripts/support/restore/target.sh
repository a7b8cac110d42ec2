# Sourced by restore.sh: checks of the target before any change.

SQL=$ROOT/scripts/support/restore

# Who may be connected to, and with what: a client's version matters both ways.
check_server() {
  local version facts
  version=$(ask 'SHOW server_version_num' 2>"$WORK/err") || die 5 "no connection to $HOST_AND_NAME: $(tail -1 "$WORK/err")"
  SERVER_MAJOR=$((version / 10000))
  facts=$(ask "SELECT pg_is_in_recovery() || ' ' || reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'")
  [[ $facts != true* ]] || die 5 "refused: $HOST_AND_NAME is a replica, which takes no writes. Name the primary"
  [[ $facts != *on ]] || ((JOBS == 1)) ||
    die 5 "refused: sessions of $HOST_AND_NAME are read-only (default_transaction_read_only), and with --jobs pg_restore opens its own: leave out --jobs"
  check_parameters
  local source
  source=$(fact server)
  if [[ -n $source ]] && ((${source%%.*} > SERVER_MAJOR)); then
    echo "note: the backup is of PostgreSQL ${source%%.*} and the target is $SERVER_MAJOR. What $SERVER_MAJOR does not know stops the restore"
  fi
}

# A newer pg_restore sets parameters that an older server does not know. They are left out of the script, which only a restore in one
# transaction can do: with --jobs pg_restore sets them itself.
check_parameters() {
  local names name
  pg_restore --use-list=/dev/null --file=- "$DUMP" >"$WORK/preamble" 2>"$WORK/err" || die 4 "$FILE cannot be read: $(tail -1 "$WORK/err")"
  names=$(sed -nE 's/^SET ([a-z_]+) = .*$/\1/p' "$WORK/preamble" | tr '\n' ' ')
  UNKNOWN=$(ask "SELECT string_agg(name, ' ') FROM unnest(string_to_array(trim('$names'), ' ')) AS name
    WHERE name NOT IN (SELECT name FROM pg_settings)")
  for name in $UNKNOWN; do
    ((JOBS == 1)) || die 3 "$(pg_restore --version) sets $name, which PostgreSQL $SERVER_MAJOR does not know: leave out --jobs, or use a pg_restore of $SERVER_MAJOR"
    echo "note: PostgreSQL $SERVER_MAJOR does not know $name: the setting is left out"
  done
  if grep -q '^\\restrict' "$WORK/preamble"; then
    printf '\\restrict check\n\\unrestrict check\n' | run_psql -f - >/dev/null 2>&1 ||
      die 3 "$(psql --version) is older than $(pg_restore --version) and does not read its scripts: install both of one version"
  fi
}

# Tables, views, functions and so on, named as removals.sql names them.
list_dump() {
  pg_restore --list "$DUMP" >"$WORK/list" 2>"$WORK/err" || {
    ! grep -q 'unsupported version' "$WORK/err" ||
      die 3 "$(pg_restore --version) is older than the dump and cannot read it: install the client of the version that wrote it$(written_by)"
    die 4 "$FILE is not a whole PostgreSQL dump: $(tail -1 "$WORK/err")"
  }
  pg_restore --schema-only --file="$WORK/schema.sql" "$DUMP" 2>"$WORK/err" || die 4 "$FILE cannot be read: $(tail -1 "$WORK/err")"
  if [[ $MANIFEST == none ]]; then
    # No checksum vouches for it, so it is read to its end before anything else happens.
    pg_restore --file=/dev/null "$DUMP" 2>"$WORK/err" || die 4 "$FILE is damaged: $(tail -1 "$WORK/err")"
  fi
  sed -nE 's/^-- Name: (.*); Type: ([A-Z ]+); Schema: ([^;]*); Owner: .*$/\2\t\3\t\1/p' "$WORK/schema.sql" >"$WORK/objects"
  SCHEMAS=$(awk -F'\t' '$2 != "-" { print $2 } $1 == "SCHEMA" { print $3 }' "$WORK/objects" | sort -u | tr '\n' ' ')
  SCHEMAS=${SCHEMAS% }
  [[ -n $SCHEMAS ]] || die 4 "$FILE holds no schema: it is not a backup of a database"
  awk -F'\t' '{ key = $2 "." $3; gsub(/[" ]/, "", key); gsub(/pg_catalog\./, "", key); sub(/^DOMAIN$/, "type", $1); print tolower($1) " " key }' \
    "$WORK/objects" | sort >"$WORK/own"
}

written_by() {
  local client
  client=$(fact client)
  [[ -z $client ]] || echo ", postgresql-client-$client"
}

# What will be taken away, and whether it may be: found out by looking, not by trying.
check_target() {
  local schema missing=
  MISSING=
  for schema in $SCHEMAS; do
    case $(ask "SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = '$schema'") in
      f) die 5 "refused: $(ask 'SELECT current_user') may make nothing in schema $schema of $HOST_AND_NAME. $OWNER_HINT" ;;
      '') MISSING+=" $schema" ;;
    esac
  done
  if [[ -n $MISSING && $(ask "SELECT has_database_privilege(current_database(), 'CREATE')") != t ]]; then
    die 5 "refused: $(ask 'SELECT current_user') may make no schema in $HOST_AND_NAME, and the backup needs$MISSING. $OWNER_HINT"
  fi
  run_psql -At -F $'\t' -v schemas="$SCHEMAS" -f "$SQL/removals.sql" >"$WORK/verdicts" 2>"$WORK/err" ||
    die 5 "$HOST_AND_NAME could not be looked at: $(tail -1 "$WORK/err")"
  missing=$(awk -F'\t' 'NR == FNR { own[$0]; next } $1 == "kept" && ($2 in own) { print $3 }' "$WORK/own" "$WORK/verdicts" | head -5)
  [[ -z $missing ]] || die 5 "refused: the backup brings what is there and cannot be replaced by $(ask 'SELECT current_user'): ${missing//$'\n'/, }"
}

OWNER_HINT='Connect as the owner of the database: DATABASE_URL="$MIGRATE_DATABASE_URL" ./scripts/restore.sh …'

# Everything beside the tables that the backup itself brings.
say_removals() {
  awk -F'\t' 'NR == FNR { own[$0]; next }
    $1 == "removed" && !($2 in own) { print "removes, and the backup does not bring back: " $3 }
    $1 == "cascaded" { print "removes, because it stands on what is replaced: " $3 }
    $1 == "kept" { print "leaves: " $3 }' "$WORK/own" "$WORK/verdicts"
}

# The server's disk can be asked only where it is this machine's.
check_room() {
  local need directory free
  need=$(fact dataBytes)
  [[ -n $need ]] || return 0
  directory=$(ask "SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN (SELECT setting FROM pg_settings WHERE name = 'data_directory') END")
  if is_local && [[ -n $directory && -e $directory/PG_VERSION ]]; then
    free=$(room_in "$directory")
    ((free > need)) || die 5 "refused: no room. The restore needs about $((need >> 20)) MiB beside what is there, and the server's disk has $((free >> 20)) MiB"
  else
    echo "note: the restore needs about $(((need >> 20) + 1)) MiB beside what is there; the server's disk cannot be asked from here"
  fi
}
