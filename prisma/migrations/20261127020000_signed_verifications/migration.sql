-- Records of verification are signed; one without a signature counts for nothing.

-- AlterTable
ALTER TABLE "AuditVerification" ADD COLUMN "note" TEXT;
