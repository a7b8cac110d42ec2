-- The salts of an event's person fields. Events that are there keep none: their leaves hold the values themselves.

-- AlterTable
ALTER TABLE "AuditEvent" ADD COLUMN "salts" JSONB;
