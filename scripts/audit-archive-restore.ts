/** `npm run audit:archive:restore -- FILE`: brings archived events back, after verifying the archive. Safe to run twice. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Manifest } from '#lib/audit/manifest.ts';
import { restoreArchive } from '#lib/audit/archive-restore.ts';
import { trustedKeys } from '#lib/audit/signing.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const file = positionals[0];
  if (values.help || file === undefined) {
    console.log(
      'npm run audit:archive:restore -- FILE.ndjson.gz\nPlace a legal hold first if the events must stay: the next prune removes them again.',
    );
    return values.help ? 0 : 2;
  }
  const manifest = JSON.parse(await readFile(`${file}.manifest.json`, 'utf8')) as Manifest;
  const outcome = await restoreArchive(db(), trustedKeys(env()), file, manifest);
  await db().$disconnect();
  if (!outcome.ok) {
    console.error(`nothing was restored: ${outcome.detail}`);
    return 1;
  }
  console.log(
    values.json
      ? JSON.stringify(outcome.value)
      : `restored ${outcome.value.restored} of ${manifest.rows} events; the others were there`,
  );
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`nothing was restored: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
