-- concurrent, on every run: builds missing or invalid audit indexes per partition, concurrently with writers.
-- The result rows of a statement that ends in \gexec are executed as statements.

-- An interrupted build leaves an invalid index. An attached one can only be reindexed in place.
SELECT format('DROP INDEX CONCURRENTLY %s', x.indexrelid::regclass)
FROM pg_partition_tree('"AuditEvent"') t JOIN pg_index x ON x.indrelid = t.relid
WHERE t.isleaf AND NOT x.indisvalid AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = x.indexrelid)
\gexec

SELECT format('REINDEX INDEX CONCURRENTLY %s', x.indexrelid::regclass)
FROM pg_partition_tree('"AuditEvent"') t JOIN pg_index x ON x.indrelid = t.relid
WHERE t.isleaf AND NOT x.indisvalid
\gexec

CREATE INDEX IF NOT EXISTS "audit_keyset_idx" ON ONLY "AuditEvent"("createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_action_keyset_idx" ON ONLY "AuditEvent"("action", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_actor_keyset_idx" ON ONLY "AuditEvent"("actorId", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_target_keyset_idx" ON ONLY "AuditEvent"("targetId", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_outcome_keyset_idx" ON ONLY "AuditEvent"("outcome", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_source_keyset_idx" ON ONLY "AuditEvent"("source", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_request_keyset_idx" ON ONLY "AuditEvent"("requestId", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_actor_label_keyset_idx" ON ONLY "AuditEvent"("actorLabel", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_action_outcome_keyset_idx" ON ONLY "AuditEvent"("action", "outcome", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_actor_action_keyset_idx" ON ONLY "AuditEvent"("actorId", "action", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_actor_outcome_keyset_idx" ON ONLY "AuditEvent"("actorId", "outcome", "createdAt" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "audit_target_action_keyset_idx" ON ONLY "AuditEvent"("targetId", "action", "createdAt" DESC, "id" DESC);

SELECT format('CREATE INDEX CONCURRENTLY IF NOT EXISTS %I ON %s USING %s',
  left(leaf.relname, 40) || '_' || substr(md5(parent.relname), 1, 12), leaf.oid::regclass,
  split_part(pg_get_indexdef(parent.oid), ' USING ', 2))
FROM pg_index p JOIN pg_class parent ON parent.oid = p.indexrelid
CROSS JOIN pg_partition_tree('"AuditEvent"') t JOIN pg_class leaf ON leaf.oid = t.relid
WHERE p.indrelid = '"AuditEvent"'::regclass AND parent.relname LIKE 'audit\_%\_idx' AND t.isleaf
  AND NOT EXISTS (SELECT FROM pg_inherits h JOIN pg_index x ON x.indexrelid = h.inhrelid
                  WHERE h.inhparent = parent.oid AND x.indrelid = leaf.oid)
\gexec

SELECT format('ALTER INDEX %s ATTACH PARTITION %s', parent.oid::regclass, part.oid::regclass)
FROM pg_index p JOIN pg_class parent ON parent.oid = p.indexrelid
CROSS JOIN pg_partition_tree('"AuditEvent"') t JOIN pg_class leaf ON leaf.oid = t.relid
JOIN pg_index x ON x.indrelid = leaf.oid AND x.indisvalid JOIN pg_class part ON part.oid = x.indexrelid
WHERE p.indrelid = '"AuditEvent"'::regclass AND t.isleaf
  AND part.relname = left(leaf.relname, 40) || '_' || substr(md5(parent.relname), 1, 12)
  AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = part.oid)
\gexec
