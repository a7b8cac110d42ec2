-- What web and worker may do. The setting golive.app_role is the user of DATABASE_URL; when migrations use the same user there is nothing to grant
-- (an owner holds everything, and preflight says so).
DO $$
DECLARE
  app text := current_setting('golive.app_role', true);
BEGIN
  IF app IS NULL OR app = '' OR app = current_user OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
    RETURN;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', app);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "User", "Session", "Identity", "PasswordReset", "SignInThrottle" TO %I', app);
  EXECUTE format('GRANT SELECT, INSERT ON "AuditEvent" TO %I', app);
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON "AuditEvent" FROM %I', app);
  EXECUTE format('GRANT SELECT ON "_prisma_migrations", "_postgres_migrations" TO %I', app);
END
$$;
