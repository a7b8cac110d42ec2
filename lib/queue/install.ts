import type { Client } from 'pg';
import { PgBoss } from 'pg-boss';
import { QUEUE_SCHEMA } from '../db/roles/grants.ts';
import { QUEUE_SETTINGS } from './jobs.ts';

/** Poll interval for pg-boss's background index builds, which must finish here: at run time no role may create indexes. */
const BACKGROUND_POLL_MS = 500;

/** Creates or updates pg-boss's schema and our queues, as the owner. Part of the migration and under its lock, to avoid creating the schema twice. */
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
    await waitForBackgroundMigrations(boss);
  } finally {
    await boss.stop({ graceful: false });
  }
}

async function waitForBackgroundMigrations(boss: PgBoss): Promise<void> {
  for (;;) {
    const unfinished = (await boss.getBamStatus()).filter(({ status }) => status !== 'completed');
    if (unfinished.some(({ status }) => status === 'failed')) throw new Error('pg-boss: a background migration failed');
    if (unfinished.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, BACKGROUND_POLL_MS));
  }
}
