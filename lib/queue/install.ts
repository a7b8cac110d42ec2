import type { Client } from 'pg';
import { PgBoss } from 'pg-boss';
import { QUEUE_SCHEMA, QUEUE_SETTINGS } from './jobs.ts';

/** Index builds that pg-boss leaves to the background are waited for: at run time nobody has the right to make them. */
const BACKGROUND_POLL_MS = 500;

/**
 * Makes or updates pg-boss's schema and our queues, as the owner, and lets the app role use them. Part of the migrate step, and like
 * the rest of it under its lock: two first runs at once would make the schema twice.
 * @param appRole user of DATABASE_URL; nothing is granted when it is the owner itself.
 */
export async function installQueue(client: Client, appRole: string): Promise<void> {
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
  await client.query(grants(appRole));
}

async function untilBackgroundWorkIsDone(boss: PgBoss): Promise<void> {
  for (;;) {
    const unfinished = (await boss.getBamStatus()).filter(({ status }) => status !== 'completed');
    if (unfinished.some(({ status }) => status === 'failed')) throw new Error('pg-boss: a background migration failed');
    if (unfinished.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, BACKGROUND_POLL_MS));
  }
}

/** Rows and functions, no DDL. One text is one transaction. */
function grants(appRole: string): string {
  const role = `'${appRole.replaceAll("'", "''")}'`;
  return `DO $$
DECLARE
  app text := ${role};
BEGIN
  IF app = current_user OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
    RETURN;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO %I', app);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO %I', app);
  EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO %I', app);
END
$$`;
}
