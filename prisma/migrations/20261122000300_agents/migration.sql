-- CreateTable
CREATE TABLE "Agent" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "eventsPerSecond" INTEGER NOT NULL DEFAULT 1000,
    "disabledAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Agent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AgentKey" (
    "id" UUID NOT NULL,
    "agentId" UUID NOT NULL,
    "prefix" TEXT NOT NULL,
    "secretHash" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),
    "lastUsedAt" TIMESTAMPTZ(3),
    "requests" BIGINT NOT NULL DEFAULT 0,
    "events" BIGINT NOT NULL DEFAULT 0,
    "tokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "refilledAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "AgentKey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AgentBatch" (
    "id" UUID NOT NULL,
    "agentId" UUID NOT NULL,
    "keyId" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "receivedAt" TIMESTAMPTZ(3) NOT NULL,
    "processedAt" TIMESTAMPTZ(3),
    "ip" TEXT,
    "userAgent" TEXT,
    "received" INTEGER NOT NULL,
    "accepted" INTEGER NOT NULL,
    "stored" INTEGER NOT NULL DEFAULT 0,
    "duplicates" INTEGER NOT NULL DEFAULT 0,
    "conflicts" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "exceptions" JSONB NOT NULL DEFAULT '[]',
    "payload" TEXT,

    CONSTRAINT "AgentBatch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AgentEventKey" (
    "agentId" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "eventId" TEXT NOT NULL,
    "contentHash" BYTEA NOT NULL,
    "auditEventId" UUID NOT NULL,
    "eventAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "AgentEventKey_pkey" PRIMARY KEY ("agentId","source","eventId")
);

-- CreateIndex
CREATE UNIQUE INDEX "Agent_name_key" ON "Agent"("name");

-- CreateIndex
CREATE UNIQUE INDEX "AgentKey_secretHash_key" ON "AgentKey"("secretHash");

-- CreateIndex
CREATE INDEX "AgentKey_agentId_createdAt_idx" ON "AgentKey"("agentId", "createdAt");

-- CreateIndex
CREATE INDEX "AgentBatch_state_receivedAt_idx" ON "AgentBatch"("state", "receivedAt");

-- CreateIndex
CREATE INDEX "AgentBatch_agentId_receivedAt_idx" ON "AgentBatch"("agentId", "receivedAt");

-- CreateIndex
CREATE INDEX "AgentEventKey_eventAt_idx" ON "AgentEventKey" USING BRIN ("eventAt");

-- AddForeignKey
ALTER TABLE "AgentKey" ADD CONSTRAINT "AgentKey_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AgentBatch" ADD CONSTRAINT "AgentBatch_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


