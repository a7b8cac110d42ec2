import { acceptBatch } from '#lib/agents/ingest/accept.ts';
import { validateEvents } from '#lib/agents/ingest/validate.ts';
import type { Origin } from '#lib/audit/events/catalogue.ts';
import { applyRepeatableMigrations } from '#lib/db/migrations/repeatable-migrations.ts';
import { queueProducer } from '#lib/queue/boss.ts';
import { events } from './agent-load.ts';
import { fillLog } from './fill.ts';
import type { IngestBench } from './ingest-bench.ts';
import { progress, withClient } from './server.ts';

const ORIGIN: Origin = { source: 'api', ip: '192.0.2.7', userAgent: 'node' };

/** Accepts events without HTTP and without a worker, so that the worker can be measured alone. */
export async function queueUp({ db, caller }: IngestBench, rows: number, batch: number): Promise<void> {
  const boss = await queueProducer(db);
  for (let from = 0; from < rows; from += batch) {
    const receivedAt = new Date();
    const bounds = { agentName: caller.agentName, now: receivedAt, oldest: new Date(0) };
    const message = { events: events(from, Math.min(batch, rows - from)), problems: [] };
    const { rows: checked } = validateEvents(message, bounds);
    await acceptBatch(db, boss, { caller, rows: checked, received: checked.length, receivedAt, origin: ORIGIN });
  }
}

/**
 * One INSERT … SELECT of as many agents' events as the worker stored, into the same table with the same indexes. Only the last twelve
 * digits of the ids differ, so that they stay in the order of their time. @returns rows a second.
 */
export function rawInsert({ ownerUrl }: IngestBench, rows: number): Promise<number> {
  progress(`raw insert of ${rows} rows`);
  return withClient(ownerUrl, async (client) => {
    await client.query(
      `CREATE TEMP TABLE same AS SELECT * FROM "AuditEvent" WHERE source = 'agent' ORDER BY "createdAt" DESC, id DESC LIMIT ${rows}`,
    );
    await client.query(`UPDATE same SET id = (left(id::text, 24) || right(md5(id::text), 12))::uuid`);
    await client.query('ANALYZE same');
    const started = performance.now();
    const { rowCount } = await client.query('INSERT INTO "AuditEvent" SELECT * FROM same ORDER BY "createdAt", id');
    const seconds = (performance.now() - started) / 1000;
    if (rowCount !== rows) throw new Error(`inserted ${rowCount} rows instead of ${rows}`);
    return rows / seconds;
  });
}

/** Fills the log, and the ids that agents' events would have left, up to `rows` rows. */
export async function grow({ ownerUrl, caller }: IngestBench, rows: number): Promise<void> {
  await fillLog(ownerUrl, rows);
  await withClient(ownerUrl, async (client) => {
    progress('writing the ids');
    await client.query(
      `INSERT INTO "AgentEventKey" ("agentId", source, "eventId", "contentHash", "auditEventId", "eventAt")
       SELECT $1, '/regions/eu-' || row_number() OVER () % 3 || '/clusters/' || row_number() OVER () % 40, id::text, sha256(id::text::bytea),
              id, "createdAt"
       FROM "AuditEvent" WHERE source <> 'agent' ON CONFLICT DO NOTHING`,
      [caller.agentId],
    );
    progress('building indexes');
    await applyRepeatableMigrations(client, 'prisma/postgres');
    progress('vacuum analyze');
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  });
}
