/** `npm run bench -- export --json`: an export of a million events to a file, with its manifest: rows a second and the peak of this process's memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exportToFile } from '#lib/audit/export-file.ts';
import { signingKey } from '#lib/audit/signing.ts';
import { openDb } from '#lib/db.ts';
import { fillLog } from './support/fill.ts';
import { demand, report, round } from './support/measure.ts';
import { benchDatabase, progress, withClient } from './support/server.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rows: { type: 'string' }, json: { type: 'boolean' } } });
  const rows = Number(values.rows ?? 1_000_000);
  await using database = await benchDatabase();
  await fillLog(database.url, rows);
  await withClient(database.url, async (client) => {
    await client.query('CREATE INDEX audit_keyset_idx ON "AuditEvent" ("createdAt" DESC, id DESC)');
    await client.query('VACUUM ANALYZE "AuditEvent"');
  });
  const db = openDb(database.appUrl, { max: 2 });
  const dir = await mkdtemp(join(tmpdir(), 'golive-bench-export-'));
  const act = { actor: { type: 'system', id: 'bench', label: 'bench' }, origin: { source: 'cli' } } as const;
  const key = signingKey({ NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET ?? '' });
  progress('exporting');
  const started = performance.now();
  const manifest = await exportToFile(db, act, { file: join(dir, 'all.ndjson'), format: 'ndjson', filters: {}, key });
  const seconds = (performance.now() - started) / 1000;
  await db.$disconnect();
  await rm(dir, { recursive: true });
  const exported = manifest?.rows ?? 0;
  // maxRSS is in KiB, and of the whole life of the process.
  const result = {
    rows: exported,
    rows_s: Math.round(exported / seconds),
    peak_mb: round(process.resourceUsage().maxRSS / 1024, 1),
  };
  report(result, values.json ?? false);
  demand({ 'peak_mb below 200': result.peak_mb < 200, 'every row was exported': exported >= rows });
}

await main();
