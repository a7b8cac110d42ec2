/** `npm run audit:export -- FILE`: exports events with a signed manifest. Resumes after an interruption. */
import { userInfo } from 'node:os';
import { exportToFile } from '#lib/audit/export/export-file.ts';
import { isExportFormat } from '#lib/audit/export/export-stream.ts';
import { FILTER_NAMES, parseFilters } from '#lib/audit/events/filters.ts';
import { EXPORT_FORMATS } from '#lib/audit/export/formats.ts';
import { publicKeyText, signingKey } from '#lib/audit/proof/signing.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:export -- FILE [--format ${EXPORT_FORMATS.join('|')}] [--trailer] [--bom] [--without-proofs] [--json] ${FILTER_NAMES.map((name) => `[--${name} …]`).join(' ')}
  --trailer   the signed manifest as the last line of FILE, in place of FILE.manifest.json
  --bom       begin with a byte order mark, for Excel (csv)
  --without-proofs without FILE.proofs.ndjson.gz, which proves each event in the log
npm run audit:export -- --public-key     prints the key that audit:verify --export takes
Exit: 0 done, 1 failed, 2 wrong use, 3 interrupted (run it again to go on).`;
const INTERRUPTED = 3;
const FILTERS = Object.fromEntries(FILTER_NAMES.map((name) => [name, { type: 'string' as const }]));

const OPTIONS = {
  ...FILTERS,
  format: { type: 'string', default: 'ndjson' },
  trailer: { type: 'boolean', default: false },
  bom: { type: 'boolean', default: false },
  'without-proofs': { type: 'boolean', default: false },
  json: { type: 'boolean' },
  'public-key': { type: 'boolean' },
} as const;

async function main({ values, positionals }: Given<typeof OPTIONS>): Promise<number> {
  if (values['public-key']) {
    console.log(publicKeyText(signingKey(env())));
    return 0;
  }
  const [file] = positionals;
  const format = String(values.format);
  if (file === undefined) throw new WrongUsage('name the file to write');
  if (!isExportFormat(format)) throw new WrongUsage(`--format takes ${EXPORT_FORMATS.join(', ')}`);
  if (values.bom && format !== 'csv') throw new WrongUsage('--bom is for --format csv');
  const texts: Record<string, unknown> = values;
  const given = Object.fromEntries(
    FILTER_NAMES.flatMap((name) => (typeof texts[name] === 'string' ? [[name, texts[name]] as const] : [])),
  );
  const parsed = parseFilters(given);
  if (!parsed.ok) throw new WrongUsage(parsed.detail);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const context = {
    actor: { type: 'system', id: 'audit-export', label: userInfo().username },
    origin: { source: 'cli' },
  } as const;
  const onProgress = (rows: number) => void (process.stderr.isTTY && process.stderr.write(`\r${rows} events`));
  const manifest = await exportToFile(db(), context, {
    file,
    format,
    filters: parsed.value,
    key: signingKey(env()),
    trailer: values.trailer,
    bom: values.bom,
    proofs: !values['without-proofs'],
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

await runCommand({ name: 'audit:export', usage: USAGE, options: OPTIONS, positionals: true }, main);
