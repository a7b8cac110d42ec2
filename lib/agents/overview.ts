import { isUuid } from '../ids.ts';
import type { Db } from '../db.ts';
import { readBacklog, type Backlog } from './ingest/backpressure.ts';
import { countDeadLetters } from './processing/redrive.ts';

/** Figures of ingestion for the agents page. */
export interface IngestOverview {
  backlog: Backlog;
  deadLetters: number;
  /** Over the last five minutes. */
  eventsPerMinute: number;
  /** Over the last day: conflicting ids, and events that the database rejected. */
  conflicts: number;
  failures: number;
}

export interface AgentRow {
  id: string;
  name: string;
  description: string;
  disabled: boolean;
  liveKeys: number;
  lastUsedAt: Date | null;
  events: number;
}

const RATE_MINUTES = 5;

/** Reads the current figures of ingestion in three queries. */
export async function readIngestOverview(db: Db): Promise<IngestOverview> {
  const [backlog, deadLetters, [recent]] = await Promise.all([
    readBacklog(db),
    countDeadLetters(db),
    db.$queryRaw<{ stored: number; conflicts: number; failures: number }[]>`
      SELECT coalesce(sum(stored) FILTER (WHERE "processedAt" > now() - make_interval(mins => ${RATE_MINUTES}::int)), 0)::int AS stored,
             coalesce(sum(conflicts), 0)::int AS conflicts, coalesce(sum(failed), 0)::int AS failures
      FROM "AgentBatch" WHERE state IN ('done', 'dead') AND "receivedAt" > now() - interval '1 day'`,
  ]);
  const { stored = 0, conflicts = 0, failures = 0 } = recent ?? {};
  return { backlog, deadLetters, eventsPerMinute: Math.round(stored / RATE_MINUTES), conflicts, failures };
}

/** Upper bound of the list. */
const MAX_LISTED = 500;

/** All agents with the usage of their keys, by name. */
export function listAgents(db: Db): Promise<AgentRow[]> {
  return db.$queryRaw<AgentRow[]>`
    SELECT a.id, a.name, a.description, a."disabledAt" IS NOT NULL AS disabled, max(k."lastUsedAt") AS "lastUsedAt",
           coalesce(sum(k.events), 0)::float8 AS events,
           count(k.id) FILTER (WHERE k."revokedAt" IS NULL AND (k."expiresAt" IS NULL OR k."expiresAt" > now()))::int AS "liveKeys"
    FROM "Agent" AS a LEFT JOIN "AgentKey" AS k ON k."agentId" = a.id
    GROUP BY a.id ORDER BY a.name LIMIT ${MAX_LISTED}`;
}

/** One agent with its keys, newest first; null when there is none. */
export function readAgent(db: Db, id: string) {
  if (!isUuid(id)) return Promise.resolve(null);
  const keys = {
    select: {
      id: true,
      prefix: true,
      createdAt: true,
      expiresAt: true,
      revokedAt: true,
      lastUsedAt: true,
      events: true,
    },
    orderBy: { createdAt: 'desc' },
    take: 50,
  } as const;
  return db.agent.findUnique({
    where: { id },
    select: { id: true, name: true, description: true, eventsPerSecond: true, disabledAt: true, createdAt: true, keys },
  });
}

export type AgentDetail = NonNullable<Awaited<ReturnType<typeof readAgent>>>;
export type AgentKeyRow = AgentDetail['keys'][number];

/** The state of a key at a given time. */
export function keyState({ revokedAt, expiresAt }: AgentKeyRow, now = new Date()): 'valid' | 'revoked' | 'expired' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'valid';
}
