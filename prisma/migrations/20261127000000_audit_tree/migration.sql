-- The tree of hashes in place of the linear chain. Leaves that are there stay where they are, as form 1; the sealer builds the tiles over them.
-- The links are hashes of the leaves before them, so they are computed anew where an old anchor is checked.

-- AlterTable
ALTER TABLE "AuditPending" ADD COLUMN "form" SMALLINT NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "AuditChain" ADD COLUMN "form" SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE "AuditChain" DROP COLUMN "hash";

-- CreateTable
CREATE TABLE "AuditTile" (
    "level" SMALLINT NOT NULL,
    "index" BIGINT NOT NULL,
    "hashes" BYTEA NOT NULL,
    "root" BYTEA NOT NULL,

    CONSTRAINT "AuditTile_pkey" PRIMARY KEY ("level","index")
);

-- Hashes do not compress. Out of line, so that the roots of a tile's neighbours are read without them.
ALTER TABLE "AuditTile" ALTER COLUMN "hashes" SET STORAGE EXTERNAL;

-- CreateTable
CREATE TABLE "AuditCheckpoint" (
    "size" BIGINT NOT NULL,
    "keyId" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "note" TEXT NOT NULL,

    CONSTRAINT "AuditCheckpoint_pkey" PRIMARY KEY ("size","keyId")
);
