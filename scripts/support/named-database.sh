# Sourced by backup.sh and restore.sh after database.sh: which database is meant, and as whom it is used.

# Sets VARIABLE, the name of the one to use. The database is that of DATABASE_URL, which is what a person names on the command.
# MIGRATE_DATABASE_URL lends its role, the owner of the tables, only where it leads to that same database: a shell may hold production's.
name_database() {
  VARIABLE=DATABASE_URL
  [[ -n ${DATABASE_URL:-} || -z ${MIGRATE_DATABASE_URL:-} ]] || VARIABLE=MIGRATE_DATABASE_URL
  if [[ -z ${DATABASE_URL:-} || -z ${MIGRATE_DATABASE_URL:-} || $DATABASE_URL == "$MIGRATE_DATABASE_URL" ]]; then return 0; fi
  local app owner
  app=$(use_database name DATABASE_URL && echo "$HOST_AND_NAME")
  owner=$(use_database name MIGRATE_DATABASE_URL && echo "$HOST_AND_NAME")
  if [[ $app == "$owner" ]] || is_same_database; then
    VARIABLE=MIGRATE_DATABASE_URL
  else
    echo "note: MIGRATE_DATABASE_URL names another database ($owner) than DATABASE_URL ($app), and is not used" >&2
    unset MIGRATE_DATABASE_URL
  fi
}

# A pooler and the server behind it have different addresses; no two servers started in the same microsecond.
is_same_database() {
  local app owner
  app=$(identity DATABASE_URL) && owner=$(identity MIGRATE_DATABASE_URL) && [[ $app == "$owner" ]]
}

identity() (
  use_database name "$1"
  ask "SELECT extract(epoch FROM pg_postmaster_start_time()) || ' ' || oid FROM pg_database WHERE datname = current_database()" 2>/dev/null
)

# Whether the server is on this machine, where a database's bare name is enough to mean one.
is_local() {
  [[ ${HOST_AND_NAME%/*} =~ ^(localhost|127\.[0-9.]+|\[::1\]|%2F.*):[0-9]+$ ]]
}
