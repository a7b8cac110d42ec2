#!/usr/bin/env bash
# Restores a backup into the database of DATABASE_URL (MIGRATE_DATABASE_URL when set), which must be empty.
#
#   ./scripts/restore.sh FILE [--confirm NAME] [--without-manifest]
#
# A target that holds tables, is the database the backup came from, or runs under NODE_ENV=production is replaced only when its
# name is typed: at the prompt, or with --confirm.
#
# Environment: BACKUP_AGE_IDENTITY, or gpg's own keys, or BACKUP_PASSPHRASE_FILE; RESTORE_JOBS (default 4); NEXTAUTH_SECRET and
# the app's signing keys, with which the audit log is verified as well.
#
# Exit: 0 done, 2 usage, 3 a tool is missing or too old, 4 the file is not what was written, 5 the target was refused,
#       6 it could not be decrypted, 7 the restore failed, 8 the restored data is not the data of the backup.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$ROOT/scripts/support/database.sh"

main() {
  parse "$@"
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
  need psql pg_restore sha256sum
  check_file
  use_database restore
  check_versions pg_restore
  decrypt
  check_target
  restore
  check_counts
  finish
  echo "restored $FILE into $HOST_AND_NAME"
}

parse() {
  FILE= CONFIRM= MANIFEST=required
  while (($#)); do
    case $1 in
      --help) sed -n '2,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
      --confirm) CONFIRM=${2:-} && shift ;;
      --without-manifest) MANIFEST=none ;;
      -*) die 2 "unknown option $1: see ./scripts/restore.sh --help" ;;
      *) FILE=$1 ;;
    esac
    shift
  done
  [[ -n $FILE ]] || die 2 "usage: ./scripts/restore.sh FILE [--confirm NAME] [--without-manifest]"
  [[ -f $FILE ]] || die 2 "$FILE does not exist"
}

fact() {
  [[ $MANIFEST != required ]] || sed -nE "s/^  \"$1\": \"?([^\",]*)\"?,?$/\1/p" "$FILE.manifest.json"
}

check_file() {
  [[ $MANIFEST == required ]] || return 0
  [[ -f $FILE.manifest.json ]] || die 4 "$FILE.manifest.json is missing: --without-manifest restores unverified"
  local bytes
  bytes=$(stat -c %s "$FILE")
  [[ $bytes == "$(fact bytes)" ]] || die 4 "$FILE has $bytes bytes, the manifest says $(fact bytes): it is truncated or another file"
  [[ $(sha256sum "$FILE" | cut -d' ' -f1) == "$(fact sha256)" ]] || die 4 "the checksum of $FILE is not the manifest's: it was damaged or changed"
}

decrypt() {
  DUMP=$FILE
  local encryption
  encryption=$(fact encryption)
  case $encryption in
    age)
      need age
      [[ -n ${BACKUP_AGE_IDENTITY:-} ]] || die 6 "the backup is encrypted with age: set BACKUP_AGE_IDENTITY to the key file"
      age --decrypt --identity "$BACKUP_AGE_IDENTITY" <"$FILE" >"$WORK/dump" 2>"$WORK/err" || die 6 "wrong key: $(tail -1 "$WORK/err")"
      DUMP=$WORK/dump ;;
    gpg)
      need gpg
      local how=()
      [[ -z ${BACKUP_PASSPHRASE_FILE:-} ]] || how=(--pinentry-mode loopback --passphrase-file "$BACKUP_PASSPHRASE_FILE")
      gpg --batch --quiet "${how[@]}" --decrypt <"$FILE" >"$WORK/dump" 2>"$WORK/err" || die 6 "wrong key: $(tail -1 "$WORK/err")"
      DUMP=$WORK/dump ;;
  esac
  pg_restore --list "$DUMP" >"$WORK/list" 2>"$WORK/err" || die 4 "$FILE is not a whole PostgreSQL dump: $(tail -1 "$WORK/err")"
}

check_target() {
  local tables name=${HOST_AND_NAME##*/} why=
  SCHEMAS=$(fact schemas)
  SCHEMAS=${SCHEMAS:-public}
  tables=$(ask "SELECT count(*) FROM pg_tables WHERE schemaname = ANY (string_to_array('$SCHEMAS', ' '))")
  if [[ $HOST_AND_NAME == "$(fact source)" ]]; then why="is the database this backup came from"
  elif ((tables > 0)); then why="holds $tables tables"
  elif [[ ${NODE_ENV:-} == production ]]; then why="is in production (NODE_ENV)"; fi
  [[ -n $why ]] || return 0
  if [[ -z $CONFIRM && -t 0 ]]; then
    read -r -p "$HOST_AND_NAME $why; everything in it is replaced. Type its name ($name) to go on: " CONFIRM
  fi
  [[ $CONFIRM == "$name" ]] || die 5 "refused: $HOST_AND_NAME $why. Repeat with --confirm $name to replace what it holds"
  local schema
  for schema in $SCHEMAS; do
    ask "SET client_min_messages = warning; DROP SCHEMA IF EXISTS \"$schema\" CASCADE" >/dev/null || die 7 "schema $schema could not be cleared"
  done
  ask 'CREATE SCHEMA IF NOT EXISTS public' >/dev/null
}

restore() {
  grep -vE ' SCHEMA - public | COMMENT - SCHEMA public ' "$WORK/list" >"$WORK/wanted"
  pg_restore --exit-on-error --no-owner --no-privileges --jobs "${RESTORE_JOBS:-4}" --use-list "$WORK/wanted" --dbname "$URL" "$DUMP" \
    2>"$WORK/err" || die 7 "the restore stopped, the target is incomplete: $(grep -i error "$WORK/err" | head -1)"
}

check_counts() {
  [[ $MANIFEST == required ]] || return 0
  local found
  found=$(ask "$(counts_sql "$SCHEMAS")")
  if [[ $found != "$(sed -nE 's/^  "counts": (.*)$/\1/p' "$FILE.manifest.json")" ]]; then
    die 8 "the rows differ from the manifest. Found: $found"
  fi
  echo "rows as in the manifest: $found"
}

# Grants name the target's own app role, so they are not in the dump: the idempotent half of the migrations sets them again.
finish() {
  cd "$ROOT"
  local newest
  newest=$(ls prisma/migrations | grep -E '^[0-9]{14}_' | sort | tail -1)
  if [[ $(ask "SELECT to_regclass('public._postgres_migrations') IS NOT NULL") != t ]]; then
    echo "note: the backup holds no migrations of this application" && return 0
  fi
  if [[ $MANIFEST == required && $(fact migration) != "$newest" ]]; then
    echo "note: the backup is of another release ($(fact migration)); bring it up to date with: npm run db:migrate:prod" && return 0
  fi
  ask 'DELETE FROM "_postgres_migrations"' >/dev/null
  npm run --silent db:pg:migrate >"$WORK/out" 2>&1 || die 8 "grants could not be set: $(tail -1 "$WORK/out")"
  npm run --silent db:status || die 8 "npm run db:status found something on the restored database"
  if [[ -z ${NEXTAUTH_SECRET:-} ]]; then
    # The signatures cannot be judged without it, and a trial on a throw-away database need not hold the app's secret.
    echo "note: the audit log was NOT verified: that takes the app's NEXTAUTH_SECRET. With it: npm run audit:verify -- --full" && return 0
  fi
  npm run --silent audit:verify -- --full || die 8 "the audit log of the restored database is broken or could not be checked: see above"
}

main "$@"
