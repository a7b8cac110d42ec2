# Sourced by restore.sh: the two ways of putting the backup in the place of what is there.

# What the target holds, as far as this process knows.
state() {
  if [[ -e $WORK/replaced ]]; then echo "the backup is in $HOST_AND_NAME, and was not checked to its end"
  elif [[ -e $WORK/cleared ]]; then echo "what was in $HOST_AND_NAME is gone and the backup is not whole in it: repeat the restore"
  elif grep -qs '^committed$' "$WORK/out"; then echo "the backup is in $HOST_AND_NAME, and was not checked to its end"
  elif grep -qs '^committing$' "$WORK/out"; then
    echo "whether $HOST_AND_NAME holds the old or the new is not known: the connection ended while it was being committed"
  else echo "nothing was changed in ${HOST_AND_NAME:-any database}"; fi
}

end_group() {
  [[ -z ${GROUP:-} ]] || kill -- "-$GROUP" 2>/dev/null || true
  GROUP=
}

# All in one transaction: what is there goes, the backup comes, its rows are counted, and only then is it committed. Whatever fails
# before that leaves the target as it was.
replace_in_one_transaction() {
  set -m
  compose | run_psql -v schemas="$SCHEMAS" -f - >"$WORK/out" 2>"$WORK/err" &
  GROUP=$(jobs -p %%)
  set +m
  wait $! || true
  GROUP=
  ! grep -q '^committed$' "$WORK/out" || return 0
  local why
  why=$(sed -nE 's/^(psql:[^ ]* )?(ERROR|FATAL|error): *//p' "$WORK/err" "$WORK/restore.err" | head -1)
  [[ $why != 'the rows differ'* ]] || die 8 "$why. Nothing was changed in $HOST_AND_NAME"
  [[ $why != *'lock timeout'* ]] || why+=" (others use these tables: stop the app and its worker)"
  [[ $why != *'shared memory'* ]] || why+=" (one transaction needs more locks than the server's max_locks_per_transaction allows: raise it, or use --jobs)"
  die 7 "the restore failed, $(state). ${why:-$(tail -1 "$WORK/err")}"
}

# psql's input. What comes after the dump is reached only if the dump was read to its end.
compose() {
  echo 'BEGIN;'
  echo "SELECT pg_catalog.set_config(name, CASE name WHEN 'lock_timeout' THEN '60s' ELSE '0' END, true) FROM pg_catalog.pg_settings
    WHERE name IN ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') \\g /dev/null"
  echo 'SET LOCAL client_min_messages = warning;'
  # Of the migrations, which take the same lock.
  echo 'SELECT pg_advisory_xact_lock(7305001) \g /dev/null'
  cat "$SQL/clear.sql"
  {
    pg_restore --no-owner --no-privileges --use-list "$WORK/wanted" --file=- "$DUMP" 2>"$WORK/restore.err" ||
      printf '%s\n' '\.' "DO \$\$ BEGIN RAISE EXCEPTION 'the dump could not be read to its end'; END \$\$;"
  } | sed -E "1,/^-- (Name|TOC entry|Data for Name)/{/^SET (${UNKNOWN// /|}) = /d;}"
  cat "$SQL/close.sql"
  [[ $MANIFEST == none ]] || compare_counts
  printf '%s\n' '\echo committing' 'COMMIT;' '\echo committed'
}

compare_counts() {
  cat <<SQL
DO \$compare\$
DECLARE found json := ($(counts_sql "$SCHEMAS" "\$counts\$$(manifest_counts)\$counts\$"));
BEGIN
  IF found::jsonb <> \$counts\$$(manifest_counts)\$counts\$::jsonb THEN
    RAISE EXCEPTION 'the rows differ from the manifest. Found: %', found;
  END IF;
END \$compare\$;
SQL
}

manifest_counts() {
  sed -nE 's/^  "counts": (.*)$/\1/p' "$FILE.manifest.json"
}

# For databases that one connection is too slow for. What is there is removed first, so from then on a failure is said with the state of the target.
replace_in_parallel() {
  { echo 'BEGIN;' && cat "$SQL/clear.sql" && echo 'COMMIT;'; } |
    run_psql -v schemas="$SCHEMAS" -f - >/dev/null 2>"$WORK/err" ||
    die 7 "the restore failed, $(state). $(grep -i error "$WORK/err" | head -1)"
  : >"$WORK/cleared"
  # pg_restore connects only when it is given a database; one that names none leaves all of it to the variables.
  pg_restore --exit-on-error --no-owner --no-privileges --jobs "$JOBS" --use-list "$WORK/wanted" --dbname gssencmode=disable "$DUMP" 2>"$WORK/err" ||
    die 7 "the restore failed, $(state). $(grep -i error "$WORK/err" | head -1)"
  { cat "$SQL/close.sql" && { [[ $MANIFEST == none ]] || compare_counts; }; } |
    run_psql -v schemas="$SCHEMAS" -f - >/dev/null 2>"$WORK/err" || die 8 "$(grep -i error "$WORK/err" | head -1)"
}
