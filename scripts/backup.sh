#!/usr/bin/env bash
# Dumps the database of DATABASE_URL into one file, with a manifest beside it. Both can be read by their owner alone.
#
#   ./scripts/backup.sh [FILE]        default: backup-YYYYMMDD-HHMMSS.dump
#
# Environment:
#   DATABASE_URL                        the database; its role must be able to read every table
#   MIGRATE_DATABASE_URL                the owner of the tables, used if it leads to the same database
#   BACKUP_AGE_RECIPIENT, BACKUP_GPG_RECIPIENT or BACKUP_PASSPHRASE_FILE   encrypt with age, gpg, or gpg and a passphrase
#   BACKUP_S3_URI=s3://bucket/prefix    upload the dump and its manifest
#   BACKUP_KEEP=N                       keep the newest N backups with a default name, here and in the bucket
#   BACKUP_SCHEMAS                      default: "public pgboss", those that exist
#
# Exit: 0 done, 2 usage, 3 a tool is missing or too old, 4 the dump failed (no connection, no right to read, interrupted), 5 no room on
#       the disk, 6 encryption, upload or rotation failed.
set -euo pipefail
umask 077

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$ROOT/scripts/support/database.sh"
source "$ROOT/scripts/support/named-database.sh"

main() {
  [[ ${1:-} != --help ]] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0; }
  (($# <= 1)) || die 2 "usage: ./scripts/backup.sh [FILE]"
  FILE=${1:-backup-$(date -u +%Y%m%d-%H%M%S).dump}
  [[ ! -e $FILE ]] || die 2 "$FILE exists already: a backup never overwrites one"
  [[ -d $(dirname "$FILE") && -w $(dirname "$FILE") ]] || die 2 "the folder of $FILE does not exist or cannot be written to"
  [[ ${BACKUP_KEEP:-1} =~ ^[1-9][0-9]*$ ]] || die 2 "BACKUP_KEEP takes a number of backups, 1 or more"
  WORK=$(mktemp -d)
  PARTIAL=$(dirname "$FILE")/.$(basename "$FILE").partial.$$
  trap clean_up EXIT
  trap 'die 4 "interrupted: nothing was written to $FILE"' INT TERM HUP
  need psql pg_dump
  choose_encryption
  name_database
  use_database backup "$VARIABLE"
  check_version
  choose_schemas
  check_rights
  STARTED=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  open_snapshot
  dump
  write_manifest
  publish
  upload
  rotate
  echo "wrote $FILE ($(size_of "$FILE") bytes, sha256 ${SHA256:0:12}…)"
}

clean_up() {
  local code=$?
  [[ -z ${DUMP_GROUP:-} ]] || kill -- "-$DUMP_GROUP" 2>/dev/null || true
  ((code == 0)) || [[ -e $WORK/said ]] || { echo "error: the backup ended unexpectedly: nothing was written to $FILE" >&2 && code=4; }
  rm -rf "$WORK" "$PARTIAL" "$PARTIAL.manifest.json"
  exit "$code"
}

choose_encryption() {
  ENCRYPTION=none
  if [[ -n ${BACKUP_AGE_RECIPIENT:-} ]]; then ENCRYPTION=age && need age
  elif [[ -n ${BACKUP_GPG_RECIPIENT:-}${BACKUP_PASSPHRASE_FILE:-} ]]; then ENCRYPTION=gpg && need gpg; fi
  [[ -z ${BACKUP_PASSPHRASE_FILE:-} || -s $BACKUP_PASSPHRASE_FILE ]] || die 2 "BACKUP_PASSPHRASE_FILE is empty or missing"
}

encrypt() {
  case $ENCRYPTION in
    none) cat ;;
    age) age --encrypt --recipient "$BACKUP_AGE_RECIPIENT" ;;
    gpg)
      if [[ -n ${BACKUP_GPG_RECIPIENT:-} ]]; then
        gpg --batch --quiet --trust-model always --encrypt --recipient "$BACKUP_GPG_RECIPIENT"
      else
        gpg --batch --quiet --pinentry-mode loopback --passphrase-file "$BACKUP_PASSPHRASE_FILE" --symmetric
      fi ;;
  esac
}

# A client older than the server cannot read its catalogue, and says so in the middle of its work: refuse before.
check_version() {
  local server
  server=$(ask 'SHOW server_version_num' 2>"$WORK/err") || die 4 "no connection to $HOST_AND_NAME: $(tail -1 "$WORK/err")"
  server=$((server / 10000))
  CLIENT=$(pg_dump --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
  ((CLIENT >= server)) || die 3 "the server is PostgreSQL $server and pg_dump is $CLIENT: install postgresql-client-$server or newer"
}

choose_schemas() {
  SCHEMAS=$(ask "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace
    WHERE nspname = ANY (string_to_array('${BACKUP_SCHEMAS:-public pgboss}', ' '))")
  [[ -n $SCHEMAS ]] || die 4 "$HOST_AND_NAME has none of the schemas to dump"
}

# A backup without the tables that its role cannot read would be none: pg_dump ends at the first of them. All are named.
check_rights() {
  local unreadable
  unreadable=$(ask "SELECT string_agg(name, ', ' ORDER BY name) FROM (
    SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'S') AND n.nspname = ANY (string_to_array('$SCHEMAS', ' '))
      AND NOT (has_schema_privilege(n.oid, 'USAGE') AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT')
        ELSE has_table_privilege(c.oid, 'SELECT') END)
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')) AS t")
  [[ -z $unreadable ]] || die 4 "$(ask 'SELECT current_user') cannot read all of $HOST_AND_NAME. Set MIGRATE_DATABASE_URL to the owner of the \
tables, or: GRANT pg_read_all_data TO its role. Not readable: $unreadable"
}

# The counts in the manifest and the dump are of one moment: both read the snapshot that this session holds open.
open_snapshot() {
  coproc SESSION { run_psql -At -f - 2>>"$WORK/err"; }
  echo 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot();' >&"${SESSION[1]}"
  read -r -t 30 SNAPSHOT <&"${SESSION[0]}" || die 4 "no snapshot: $(tail -1 "$WORK/err")"
}

dump() {
  local schema arguments=(--format=custom --snapshot="$SNAPSHOT" --lock-wait-timeout=60s --no-owner --no-privileges)
  for schema in $SCHEMAS; do arguments+=(--schema="$schema"); done
  # In the background and waited for, because bash answers a signal only between commands; a group of its own, to be ended whole.
  set -m
  # The encoding is said when connecting: pg_dump would take that of the server, database or role, and stop at the first character beyond it.
  { PGCLIENTENCODING=UTF8 pg_dump "${arguments[@]}" 2>"$WORK/dump.err" || echo failed >"$WORK/dump.failed"; } |
    { encrypt || echo failed >"$WORK/encrypt.failed"; } >"$PARTIAL" 2>"$WORK/encrypt.err" &
  DUMP_GROUP=$(jobs -p %%)
  set +m
  local status=0
  wait $! || status=$?
  if grep -qi 'no space left' "$WORK"/*.err; then die 5 "no room on the disk of $(dirname "$FILE"): nothing was written to $FILE"; fi
  # Before the dump's own failure: a dump whose reader has gone fails too, without a word.
  [[ ! -e $WORK/encrypt.failed ]] || die 6 "encryption failed: $(grep -v '^$' "$WORK/encrypt.err" | head -1)"
  [[ ! -e $WORK/dump.failed ]] || die 4 "pg_dump failed: $(grep -m1 'error: ' "$WORK/dump.err" || tail -1 "$WORK/dump.err")"
  DUMP_GROUP=
  ((status == 0)) || die 4 "the dump ended with $status"
  sync "$PARTIAL"
}

write_manifest() {
  local counts about server size
  [[ -n ${SESSION[1]:-} ]] || die 4 "the connection that held the snapshot was lost"
  counts_sql "$SCHEMAS" >&"${SESSION[1]}"
  echo ';' >&"${SESSION[1]}"
  read -r -t 600 counts <&"${SESSION[0]}" || die 4 "the tables could not be counted: $(tail -1 "$WORK/err")"
  about=$(ask "SELECT json_build_object('database', current_database(), 'server', current_setting('server_version'))")
  server=$(ask "SELECT split_part(current_setting('server_version'), ' ', 1)")
  size=$(ask "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname = ANY (string_to_array('$SCHEMAS', ' '))")
  SHA256=$(sha256_of "$PARTIAL")
  local migration=null
  if [[ -n $(ask "SELECT to_regclass('public._prisma_migrations')") ]]; then
    migration=\"$(ask 'SELECT max(migration_name) FROM public."_prisma_migrations" WHERE finished_at IS NOT NULL')\"
  fi
  cat >"$PARTIAL.manifest.json" <<JSON
{
  "format": 1,
  "source": "$HOST_AND_NAME",
  "about": $about,
  "startedAt": "$STARTED",
  "finishedAt": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "commit": "$(git -C "$ROOT" rev-parse HEAD 2>/dev/null || true)",
  "migration": $migration,
  "schemas": "$SCHEMAS",
  "server": "$server",
  "client": "$CLIENT",
  "dataBytes": $size,
  "encryption": "$ENCRYPTION",
  "bytes": $(size_of "$PARTIAL"),
  "sha256": "$SHA256",
  "counts": $counts
}
JSON
}

# The manifest first: a dump under its final name always has its checksum.
publish() {
  mv "$PARTIAL.manifest.json" "$FILE.manifest.json"
  mv "$PARTIAL" "$FILE"
}

upload() {
  [[ -n ${BACKUP_S3_URI:-} ]] || return 0
  run_node "$ROOT/scripts/backup-s3.ts" put "$FILE" || die 6 "the upload failed; the backup is complete in $FILE"
}

rotate() {
  [[ -n ${BACKUP_KEEP:-} ]] || return 0
  local old
  ls -1 "$(dirname "$FILE")" | grep -E '^backup-[0-9]{8}-[0-9]{6}\.dump$' | sort -r | tail -n "+$((BACKUP_KEEP + 1))" |
    while read -r old; do rm -f "$(dirname "$FILE")/$old" "$(dirname "$FILE")/$old.manifest.json" && echo "removed $old"; done
  [[ -z ${BACKUP_S3_URI:-} ]] || run_node "$ROOT/scripts/backup-s3.ts" rotate "$BACKUP_KEEP" || die 6 "the rotation in the bucket failed"
}

main "$@"
