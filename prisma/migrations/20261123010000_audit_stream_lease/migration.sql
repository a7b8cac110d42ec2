-- AlterTable
ALTER TABLE "AuditStream" ADD COLUMN     "leaseId" UUID,
ADD COLUMN     "leaseUntil" TIMESTAMPTZ(3);
