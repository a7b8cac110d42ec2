# Sourced by restore.sh: what stands between restored rows and an app that works.

# The dump holds no rights, but the record of the migrations that grant them: with that record they would not be granted again. Where
# this release wrote the backup they are granted now; otherwise its migrations must run, which is for a person to decide.
finish() {
  cd "$ROOT"
  if [[ $(ask "SELECT to_regclass('public._postgres_migrations') IS NOT NULL") != t ]]; then
    echo "note: the backup holds no migrations of this application" && return 0
  fi
  ask 'DELETE FROM public."_postgres_migrations"' >/dev/null
  local newest restored
  newest=$(ls prisma/migrations | grep -E '^[0-9]{14}_' | sort | tail -1)
  restored=$(ask 'SELECT max(migration_name) FROM public."_prisma_migrations" WHERE finished_at IS NOT NULL')
  if [[ ! -d prisma/migrations/$restored ]]; then
    die 9 "the data is back in $HOST_AND_NAME, but of a newer release ($restored): check that out, then npm run db:migrate:prod. Until then the app's role has no rights"
  elif [[ $restored != "$newest" ]]; then
    die 9 "the data is back in $HOST_AND_NAME, but of an older release ($restored), and the app's role has no rights: npm run db:migrate:prod, then npm run db:status"
  fi
  export DATABASE_URL=${DATABASE_URL:-${!VARIABLE}} MIGRATE_DATABASE_URL=${!VARIABLE}
  # Two URLs mean two roles.
  [[ $DATABASE_URL != "$MIGRATE_DATABASE_URL" ]] || unset MIGRATE_DATABASE_URL
  npm run --silent db:pg:migrate -- --keep-usage >"$WORK/out" 2>&1 || die 8 "the data is back, but the app's rights could not be granted: $(tail -1 "$WORK/out")"
  npm run --silent db:status || die 8 "the data is back, but npm run db:status found something"
  if [[ -z ${MIGRATE_DATABASE_URL:-}${DATABASE_APP_ROLE:-} ]]; then
    echo "note: DATABASE_URL is the owner's, so no app's role was given rights. If the app has one: npm run db:migrate:prod with its DATABASE_URL"
  fi
  if [[ -z ${NEXTAUTH_SECRET:-} ]]; then
    # The signatures cannot be judged without it, and a trial on a throw-away database need not hold the app's secret.
    echo "note: the audit log was NOT verified: that takes the app's NEXTAUTH_SECRET. With it: npm run audit:verify -- --full" && return 0
  fi
  npm run --silent audit:verify -- --full || die 8 "the audit log of the restored database is broken or could not be checked: see above"
}
