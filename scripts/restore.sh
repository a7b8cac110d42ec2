#!/usr/bin/env bash
# Puts a backup in the place of what is in the database of DATABASE_URL.
#
#   ./scripts/restore.sh FILE [--confirm HOST/NAME] [--without-manifest] [--jobs N]
#
# The target is the database of DATABASE_URL. MIGRATE_DATABASE_URL, the owner of the tables, is used only if it leads to the same one.
# A target that holds something, is the database the backup came from, or runs under NODE_ENV=production is replaced only when its
# host and name are typed: at the prompt, or with --confirm (the bare name will do for a server on this machine).
#
# Everything is one transaction: a restore that fails leaves what was there. --jobs N restores over N connections and is not: what was
# there is removed first. Extensions, what other roles own, and everybody's rights on the schemas stay; what goes is named before.
#
# Environment: BACKUP_AGE_IDENTITY, or gpg's own keys, or BACKUP_PASSPHRASE_FILE; NEXTAUTH_SECRET and the app's signing keys, with
# which the audit log is verified as well.
#
# Exit: 0 done, 2 usage, 3 a tool is missing or of a wrong version, 4 the file is not what was written, 5 the target was refused or
#       could not be reached, 6 it could not be decrypted, 7 the restore failed (the message says what the target holds), 8 the
#       restored data is not the data of the backup, or has a fault, 9 the data is back, and a step that is named must still be done.
set -euo pipefail
umask 077

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$ROOT/scripts/support/database.sh"
source "$ROOT/scripts/support/named-database.sh"
source "$ROOT/scripts/support/restore/target.sh"
source "$ROOT/scripts/support/restore/replace.sh"
source "$ROOT/scripts/support/restore/finish.sh"

main() {
  parse "$@"
  WORK=$(mktemp -d)
  trap clean_up EXIT
  trap 'end_group; die 7 "interrupted: $(state)"' INT TERM HUP
  need psql pg_restore awk
  check_file
  name_database
  use_database restore "$VARIABLE"
  decrypt
  list_dump
  check_server
  check_target
  check_room
  confirm
  restore
  finish
  echo "restored $FILE into $HOST_AND_NAME"
}

clean_up() {
  local code=$?
  end_group
  ((code == 0)) || [[ -e $WORK/said ]] || { echo "error: the restore ended unexpectedly: $(state)" >&2 && code=7; }
  rm -rf "$WORK"
  exit "$code"
}

parse() {
  FILE= CONFIRM= MANIFEST=required JOBS=1
  while (($#)); do
    case $1 in
      --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
      --confirm) CONFIRM=${2:-} && shift ;;
      --without-manifest) MANIFEST=none ;;
      --jobs) JOBS=${2:-} && shift ;;
      -*) die 2 "unknown option $1: see ./scripts/restore.sh --help" ;;
      *) FILE=$1 ;;
    esac
    shift || die 2 "the last option lacks its value: see ./scripts/restore.sh --help"
  done
  [[ -n $FILE ]] || die 2 "usage: ./scripts/restore.sh FILE [--confirm HOST/NAME] [--without-manifest] [--jobs N]"
  [[ -f $FILE && -r $FILE ]] || die 2 "$FILE does not exist or cannot be read"
  [[ $JOBS =~ ^[1-9][0-9]?$ ]] || die 2 "--jobs takes a number of connections, 1 to 99"
}

# A fact of the manifest; nothing without one.
fact() {
  [[ $MANIFEST != required ]] || sed -nE "s/^  \"$1\": \"?([^\",]*)\"?,?$/\1/p" "$FILE.manifest.json"
}

check_file() {
  [[ $MANIFEST == required ]] || return 0
  [[ -f $FILE.manifest.json ]] || die 4 "$FILE.manifest.json is missing: --without-manifest restores unverified"
  local bytes
  bytes=$(size_of "$FILE")
  [[ $bytes == "$(fact bytes)" ]] || die 4 "$FILE has $bytes bytes, the manifest says $(fact bytes): it is truncated or another file"
  [[ $(sha256_of "$FILE") == "$(fact sha256)" ]] || die 4 "the checksum of $FILE is not the manifest's: it was damaged or changed"
}

decrypt() {
  DUMP=$FILE
  local encryption
  encryption=$(encryption)
  [[ $encryption != none ]] || return 0
  local free=$(room_in "$WORK")
  ((free > $(size_of "$FILE"))) || die 6 "no room in $WORK to decrypt $FILE: set TMPDIR to a folder with more"
  DUMP=$WORK/dump
  case $encryption in
    age)
      need age
      [[ -n ${BACKUP_AGE_IDENTITY:-} ]] || die 6 "the backup is encrypted with age: set BACKUP_AGE_IDENTITY to the key file"
      age --decrypt --identity "$BACKUP_AGE_IDENTITY" <"$FILE" >"$DUMP" 2>"$WORK/err" || die 6 "wrong key: $(tail -1 "$WORK/err")" ;;
    gpg)
      need gpg
      local how=()
      [[ -z ${BACKUP_PASSPHRASE_FILE:-} ]] || how=(--pinentry-mode loopback --passphrase-file "$BACKUP_PASSPHRASE_FILE")
      gpg --batch --quiet "${how[@]}" --decrypt <"$FILE" >"$DUMP" 2>"$WORK/err" || die 6 "wrong key: $(tail -1 "$WORK/err")" ;;
    *) die 4 "the manifest names an encryption that this release does not know: $encryption" ;;
  esac
}

# As the manifest says; without one a file that is no dump is asked what it is.
encryption() {
  [[ $MANIFEST == none ]] || { fact encryption && return; }
  case $(head -c 21 "$FILE" | tr -d '\0') in
    PGDMP*) echo none ;;
    age-encryption.org/*) echo age ;;
    *) if command -v gpg >/dev/null && gpg --batch --list-packets --list-only "$FILE" >/dev/null 2>&1; then echo gpg; else echo none; fi ;;
  esac
}

confirm() {
  local why= name=$HOST_AND_NAME
  say_removals
  # Without the port where it is the usual one, a name means the same: people write it so, and so did older manifests.
  local short=${name/:5432\//\/}
  if [[ $(fact source) == "$name" || $(fact source) == "$short" ]]; then why="is the database this backup came from"
  elif grep -q '^removed' "$WORK/verdicts"; then why="is not empty: it holds $(grep -c $'^removed\ttable ' "$WORK/verdicts") tables and $(grep -c '^removed' "$WORK/verdicts") objects in all"
  elif [[ ${NODE_ENV:-} == production ]]; then why="is in production (NODE_ENV)"; fi
  [[ -n $why ]] || return 0
  if [[ -z $CONFIRM && -t 0 ]]; then
    read -r -p "$HOST_AND_NAME $why; all of that is replaced. Type $name to go on: " CONFIRM
  fi
  [[ $CONFIRM == "$name" || $CONFIRM == "$short" ]] || { is_local && [[ $CONFIRM == "${name##*/}" ]]; } ||
    die 5 "refused: $HOST_AND_NAME $why. Repeat with --confirm $name to replace what it holds"
}

restore() {
  # A schema that is there stays as it is, with its owner and everybody's rights; an extension can be described by its owner alone.
  local schema
  cp "$WORK/list" "$WORK/wanted"
  for schema in $SCHEMAS; do
    [[ " $MISSING " == *" $schema "* ]] || sed -i.bak "/ SCHEMA - $schema /d" "$WORK/wanted"
  done
  sed -i.bak -E '/ COMMENT - (SCHEMA|EXTENSION) /d; / STATISTICS DATA /d' "$WORK/wanted"
  if ((JOBS == 1)); then replace_in_one_transaction; else replace_in_parallel; fi
  : >"$WORK/replaced"
  [[ $MANIFEST == none ]] || echo "rows as in the manifest: $(manifest_counts)"
}

main "$@"
