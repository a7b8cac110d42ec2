import type pg from 'pg';
import { insertEvents } from '../../support/audit.ts';
import { progress, withClient } from './server.ts';

const CHUNK = 500_000;

/**
 * Fills the log with `rows` events over the last 12 months, made inside the server, newest last as in life. The secondary indexes are
 * dropped first and built afterwards by the same SQL that heals them: the result is the same and it takes half the time.
 * @param sealing keeps the notes of the sealer; without it the trigger is off and the log is filled faster.
 */
export async function fillLog(url: string, rows: number, { sealing = false } = {}): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(`SET timezone = 'UTC'`);
    for (let month = 11; month >= 1; month--) await makeMonth(client, month);
    await client.query(`SET session_replication_role = ${sealing ? 'origin' : 'replica'}`);
    await dropIndexes(client);
    const step = `(interval '330 days' / ${rows})`;
    for (let from = 0; from < rows; from += CHUNK) {
      const count = Math.min(CHUNK, rows - from);
      const n = `(n + ${from})`;
      await client.query(
        insertEvents(count, {
          createdAt: `date_trunc('milliseconds', now() - interval '330 days' + ${n} * ${step})`,
          action: `(ARRAY['auth.sign_in','auth.sign_out','audit.read','access.denied'])[1 + ${n} % 4]`,
          actorId: `'user-' || (${n}::bigint * 7919) % 5000`,
          requestId: `'request-' || ${n}`,
          metadata: `'{"method": "password"}'`,
        }),
      );
      progress(`written ${from + count} of ${rows} rows`);
    }
  });
}

async function makeMonth(client: pg.Client, back: number): Promise<void> {
  await client.query(`DO $$ BEGIN
    PERFORM audit_make_partition(date_trunc('month', now()) - ${back} * interval '1 month');
    EXCEPTION WHEN duplicate_table THEN NULL; END $$`);
}

async function dropIndexes(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class c ON c.oid = indexrelid
     WHERE indrelid = '"AuditEvent"'::regclass AND c.relname LIKE 'audit\\_%\\_idx'`,
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
}
