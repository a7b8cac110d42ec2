-- What only one of web and worker needs, on every run: taken from their common role and given to the one. Only where they are users of their
-- own (DATABASE_APP_ROLE and WORKER_DATABASE_URL); a platform with one user for both keeps what the files before have granted. Back from two
-- users to one: db:pg:migrate -- --again.
DO $$
DECLARE
  app text := current_setting('golive.app_role', true);
  web text := current_setting('golive.web_user', true);
  worker text := current_setting('golive.worker_user', true);
BEGIN
  IF coalesce(app, '') IN ('', web, worker) OR coalesce(web, '') IN ('', worker) OR coalesce(worker, '') = '' THEN
    RETURN;
  END IF;
  -- People: the worker knows agents. Whoever takes it over reads no password hash, ends no session and makes no administrator.
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "User", "Session", "Identity", "PasswordReset", "SignInThrottle" TO %I', web);
  EXECUTE format('REVOKE ALL ON "User", "Session", "Identity", "PasswordReset", "SignInThrottle" FROM %I, %I', app, worker);
  -- The seal and what is removed: the process that answers the internet has no hand in either.
  EXECUTE format('GRANT EXECUTE ON FUNCTION audit_seal(integer), audit_drop_partition(text, uuid, text),
    audit_delete_events(uuid[], timestamptz[], uuid, text), audit_drop_chain_head() TO %I', worker);
  EXECUTE format('REVOKE EXECUTE ON FUNCTION audit_seal(integer), audit_drop_partition(text, uuid, text),
    audit_delete_events(uuid[], timestamptz[], uuid, text), audit_drop_chain_head() FROM %I, %I', app, web);
  EXECUTE format('GRANT INSERT ON "AuditAnchor", "AuditPrune" TO %I', worker);
  EXECUTE format('REVOKE INSERT ON "AuditAnchor", "AuditPrune" FROM %I, %I', app, web);
END
$$;
