-- Builds the keyset index of the audit log on a live database, and nothing else. For a database whose migrations cannot run:
--   psql "${MIGRATE_DATABASE_URL:-$DATABASE_URL}" -f docs/ops/audit_keyset_index_standalone.sql
-- Readers and writers go on meanwhile. Connect as the owner of the tables. It may be interrupted and run again: what an earlier run
-- left half built is dropped first, and what is there already is kept. A direct or session-mode connection is needed.
\set ON_ERROR_STOP on

-- Waiting for a busy table would queue every writer behind us: give up instead, and run again.
SET lock_timeout = '5s';
SET statement_timeout = 0;

DO $$ BEGIN
  IF NOT pg_try_advisory_lock(7305001) THEN
    RAISE EXCEPTION 'another migration is running on this database: wait for it, then run this again';
  END IF;
END $$;

-- An interrupted build leaves an invalid index: drop it, or build it anew in place when it already hangs on its parent.
SELECT format('DROP INDEX CONCURRENTLY %s', x.indexrelid::regclass)
FROM pg_partition_tree('"AuditEvent"') t JOIN pg_index x ON x.indrelid = t.relid JOIN pg_class c ON c.oid = x.indexrelid
WHERE t.isleaf AND NOT x.indisvalid AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = x.indexrelid)
  AND pg_get_indexdef(x.indexrelid) LIKE '% USING btree ("createdAt" DESC, id DESC)'
\gexec

SELECT format('REINDEX INDEX CONCURRENTLY %s', x.indexrelid::regclass)
FROM pg_partition_tree('"AuditEvent"') t JOIN pg_index x ON x.indrelid = t.relid
JOIN pg_inherits h ON h.inhrelid = x.indexrelid
WHERE t.isleaf AND NOT x.indisvalid AND h.inhparent = to_regclass('audit_keyset_idx')
\gexec

-- The parent holds no rows: this takes a moment, whatever the size of the log.
CREATE INDEX IF NOT EXISTS "audit_keyset_idx" ON ONLY "AuditEvent"("createdAt" DESC, "id" DESC);

SELECT format('CREATE INDEX CONCURRENTLY IF NOT EXISTS %I ON %s ("createdAt" DESC, "id" DESC)',
  left(leaf.relname, 40) || '_' || substr(md5('audit_keyset_idx'), 1, 12), leaf.oid::regclass)
FROM pg_partition_tree('"AuditEvent"') t JOIN pg_class leaf ON leaf.oid = t.relid
WHERE t.isleaf
  AND NOT EXISTS (SELECT FROM pg_inherits h JOIN pg_index x ON x.indexrelid = h.inhrelid
                  WHERE h.inhparent = 'audit_keyset_idx'::regclass AND x.indrelid = leaf.oid)
\gexec

SELECT format('ALTER INDEX audit_keyset_idx ATTACH PARTITION %s', part.oid::regclass)
FROM pg_partition_tree('"AuditEvent"') t JOIN pg_class leaf ON leaf.oid = t.relid
JOIN pg_index x ON x.indrelid = leaf.oid AND x.indisvalid JOIN pg_class part ON part.oid = x.indexrelid
WHERE t.isleaf AND part.relname = left(leaf.relname, 40) || '_' || substr(md5('audit_keyset_idx'), 1, 12)
  AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = part.oid)
\gexec

-- The last word: valid on every partition, or an error.
DO $$ BEGIN
  IF NOT (SELECT indisvalid FROM pg_index WHERE indexrelid = 'audit_keyset_idx'::regclass) THEN
    RAISE EXCEPTION 'audit_keyset_idx is still missing on a partition: run this again';
  END IF;
  RAISE NOTICE 'audit_keyset_idx is valid on every partition';
END $$;
