-- CreateTable
CREATE TABLE "AuditPending" (
    "eventId" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "leaf" BYTEA NOT NULL
);

-- CreateTable
CREATE TABLE "AuditChain" (
    "sequence" BIGINT NOT NULL,
    "eventId" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "leaf" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "AuditChain_pkey" PRIMARY KEY ("sequence")
) PARTITION BY RANGE ("sequence");

-- CreateTable
CREATE TABLE "AuditAnchor" (
    "sequence" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "keyId" TEXT NOT NULL,
    "signature" BYTEA NOT NULL,

    CONSTRAINT "AuditAnchor_pkey" PRIMARY KEY ("sequence","keyId")
);

-- CreateTable
CREATE TABLE "AuditPrune" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "partition" TEXT NOT NULL,
    "rows" INTEGER NOT NULL,
    "digest" BYTEA NOT NULL,
    "keyId" TEXT NOT NULL,
    "signature" BYTEA NOT NULL,

    CONSTRAINT "AuditPrune_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AuditTombstone" (
    "fromSequence" BIGINT NOT NULL,
    "toSequence" BIGINT NOT NULL,
    "pruneId" UUID NOT NULL,

    CONSTRAINT "AuditTombstone_pkey" PRIMARY KEY ("fromSequence")
);

-- CreateTable
CREATE TABLE "AuditHold" (
    "id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "actorId" TEXT,
    "targetId" TEXT,
    "from" TIMESTAMPTZ(3),
    "to" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "releasedAt" TIMESTAMPTZ(3),

    CONSTRAINT "AuditHold_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AuditPolicy" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "floorDays" INTEGER NOT NULL DEFAULT 30,
    "archiveRequired" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "AuditPolicy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AuditVerification" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "full" BOOLEAN NOT NULL,
    "ok" BOOLEAN NOT NULL,
    "sequence" BIGINT NOT NULL,
    "finding" TEXT,

    CONSTRAINT "AuditVerification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AuditStream" (
    "sink" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL DEFAULT 0,
    "receipt" TEXT,
    "deliveredAt" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "retryAt" TIMESTAMPTZ(3),

    CONSTRAINT "AuditStream_pkey" PRIMARY KEY ("sink","source")
);

-- CreateTable
CREATE TABLE "AuditDeadLetter" (
    "sink" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "eventId" UUID NOT NULL,
    "error" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "AuditDeadLetter_pkey" PRIMARY KEY ("sink","sequence")
);

-- CreateIndex
CREATE INDEX "audit_chain_event_idx" ON "AuditChain"("createdAt", "eventId");

-- CreateIndex
CREATE INDEX "AuditPrune_at_idx" ON "AuditPrune"("at");

-- CreateIndex
CREATE INDEX "AuditTombstone_pruneId_idx" ON "AuditTombstone"("pruneId");

-- CreateIndex
CREATE INDEX "AuditVerification_at_idx" ON "AuditVerification"("at");

-- Only the parents are made here, which takes no time: prisma/postgres/040 builds each partition's index without blocking writers.
-- CreateIndex
CREATE INDEX "audit_actor_label_keyset_idx" ON ONLY "AuditEvent"("actorLabel", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_action_outcome_keyset_idx" ON ONLY "AuditEvent"("action", "outcome", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_actor_action_keyset_idx" ON ONLY "AuditEvent"("actorId", "action", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_actor_outcome_keyset_idx" ON ONLY "AuditEvent"("actorId", "outcome", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_target_action_keyset_idx" ON ONLY "AuditEvent"("targetId", "action", "createdAt" DESC, "id" DESC);
