-- A link made from the command line has no person behind it.
ALTER TABLE "PasswordReset" ALTER COLUMN "createdById" DROP NOT NULL;
