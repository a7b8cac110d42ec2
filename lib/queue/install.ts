import type { Client } from 'pg';
import { PgBoss } from 'pg-boss';
import { QUEUE_SCHEMA } from '../db/roles/schemas.ts';
import { QUEUE_SETTINGS } from './jobs.ts';

/** Index builds that pg-boss leaves to the background are waited for: at run time nobody has the right to make them. */
const BACKGROUND_POLL_MS = 500;

/**
 * Makes or updates pg-boss's schema and our queues, as the owner,. Part of the migrate step, and like
 * the rest of it under its lock: two first runs at once would make the schema twice.
 */
export async function installQueue(client: Client): Promise<void> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => client.query(text, values) },
    schema: QUEUE_SCHEMA,
    migrate: true,
    supervise: false,
    schedule: false,
    registerInstance: false,
    bamIntervalSeconds: 10,
    openTelemetry: { enabled: false },
  });
  await boss.start();
  try {
    for (const { name, ...settings } of QUEUE_SETTINGS) {
      await boss.createQueue(name, settings);
      await boss.updateQueue(name, settings);
    }
    await untilBackgroundWorkIsDone(boss);
  } finally {
    await boss.stop({ graceful: false });
  }
}

async function untilBackgroundWorkIsDone(boss: PgBoss): Promise<void> {
  for (;;) {
    const unfinished = (await boss.getBamStatus()).filter(({ status }) => status !== 'completed');
    if (unfinished.some(({ status }) => status === 'failed')) throw new Error('pg-boss: a background migration failed');
    if (unfinished.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, BACKGROUND_POLL_MS));
  }
}
