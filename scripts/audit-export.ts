/** `npm run audit:export -- FILE`: exports events with a signed manifest. Run it again after an interruption and it goes on. */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { exportToFile } from '#lib/audit/export-file.ts';
import { isExportFormat } from '#lib/audit/export-stream.ts';
import { FILTER_NAMES, parseFilters } from '#lib/audit/filters.ts';
import { EXPORT_FORMATS } from '#lib/audit/formats.ts';
import { publicKeyText, signingKey } from '#lib/audit/signing.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';

const HELP = `npm run audit:export -- FILE [--format ${EXPORT_FORMATS.join('|')}] [--json] ${FILTER_NAMES.map((name) => `[--${name} …]`).join(' ')}
npm run audit:export -- --public-key     prints the key that audit:verify --export takes
Exit: 0 done, 1 failed, 2 wrong use, 3 interrupted (run it again to go on).`;
const INTERRUPTED = 3;

async function main(): Promise<number> {
  const filters = Object.fromEntries(FILTER_NAMES.map((name) => [name, { type: 'string' as const }]));
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...filters,
      format: { type: 'string', default: 'ndjson' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
      'public-key': { type: 'boolean' },
    },
  });
  if (values['public-key']) {
    console.log(publicKeyText(signingKey(env())));
    return 0;
  }
  const [file] = positionals;
  const format = String(values.format);
  if (values.help || file === undefined || !isExportFormat(format)) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const texts: Record<string, unknown> = values;
  const given = Object.fromEntries(
    FILTER_NAMES.flatMap((name) => (typeof texts[name] === 'string' ? [[name, texts[name]] as const] : [])),
  );
  const parsed = parseFilters(given);
  if (!parsed.ok) {
    console.error(parsed.detail);
    return 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const act = {
    actor: { type: 'system', id: 'audit-export', label: userInfo().username },
    origin: { source: 'cli' },
  } as const;
  const onProgress = (rows: number) => void (process.stderr.isTTY && process.stderr.write(`\r${rows} events`));
  const manifest = await exportToFile(db(), act, {
    file,
    format,
    filters: parsed.value,
    key: signingKey(env()),
    onProgress,
    signal: stop.signal,
  });
  await db().$disconnect();
  if (manifest === null) {
    console.error('interrupted: run the same command again to go on');
    return INTERRUPTED;
  }
  console.log(
    values.json
      ? JSON.stringify({ file, ...manifest })
      : `exported ${manifest.rows} events to ${file}, signed by key ${manifest.keyId}`,
  );
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`the export failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
