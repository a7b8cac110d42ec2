/**
 * `npm run bench -- export --json`: an export of a million events to a file, with its manifest: rows a second over those of a bare read, and the
 * peak of this process's memory over that of a tenth of the log.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exportToFile } from '#lib/audit/export/export-file.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { openDb } from '#lib/db.ts';
import { fillLog } from './support/fill.ts';
import { reportAndExit, round } from './support/measure.ts';
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
  // maxRSS is in KiB, and of the whole life of the process: first a tenth of the log, then all of it.
  const peak = () => round(process.resourceUsage().maxRSS / 1024, 1);
  progress('exporting a tenth');
  const from = new Date(Date.now() - 33 * 86_400_000);
  await exportToFile(db, act, { file: join(dir, 'tenth.ndjson'), format: 'ndjson', filters: { from }, key });
  const tenth_peak_mb = peak();
  progress('exporting');
  const started = performance.now();
  const manifest = await exportToFile(db, act, { file: join(dir, 'all.ndjson'), format: 'ndjson', filters: {}, key });
  const seconds = (performance.now() - started) / 1000;
  const peak_mb = peak();
  const bare = await bareRead(database.url);
  await db.$disconnect();
  await rm(dir, { recursive: true });
  const exported = manifest?.rows ?? 0;
  if (exported < rows) throw new Error(`${exported} rows were exported instead of ${rows}`);
  const result = {
    rows: exported,
    rows_s: Math.round(exported / seconds),
    bare_rows_s: Math.round(bare),
    tenth_peak_mb,
    peak_mb,
  };
  reportAndExit(
    result,
    [
      { figure: 'rows_s', limit: 'bare_rows_s', atLeast: 0.2 },
      { figure: 'peak_mb', limit: 'tenth_peak_mb', atMost: 1.3 },
    ],
    values.json ?? false,
  );
}

/** Rows a second that a cursor reads and JSON.stringify writes, to nowhere. */
function bareRead(url: string): Promise<number> {
  progress('a bare read');
  return withClient(url, async (client) => {
    await client.query('BEGIN');
    await client.query('DECLARE bare NO SCROLL CURSOR FOR SELECT * FROM "AuditEvent" LIMIT 200000');
    const started = performance.now();
    let rows = 0;
    for (;;) {
      const page = (await client.query('FETCH 500 FROM bare')).rows;
      if (page.length === 0) break;
      rows += page.map((row) => JSON.stringify(row)).length;
    }
    const seconds = (performance.now() - started) / 1000;
    await client.query('COMMIT');
    return rows / seconds;
  });
}

await main();
