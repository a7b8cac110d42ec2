/** `npm run audit:archive:restore -- FILE`: restores archived events after verifying the archive. Idempotent. */
import { readFile } from 'node:fs/promises';
import type { Manifest } from '#lib/audit/export/manifest.ts';
import { restoreArchive } from '#lib/audit/retention/archive-restore.ts';
import { trustedKeys } from '#lib/audit/proof/signing.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { parseLosslessJson } from '#lib/json/strict.ts';
import { runCommand, WrongUsage, type Given } from '../../support/run-command.ts';

const USAGE = `npm run audit:archive:restore -- FILE.ndjson.gz [--json]
Place a legal hold first if the events must stay: the next prune removes them again. Where the worker has a database user
of its own, DATABASE_URL must be its.
Exit: 0 restored, 1 nothing was restored, 2 wrong use.`;

const OPTIONS = { json: { type: 'boolean' } } as const;

async function main({ values, positionals }: Given<typeof OPTIONS>): Promise<number> {
  const file = positionals[0];
  if (file === undefined) throw new WrongUsage('name the file of an archive');
  const manifest = parseLosslessJson(await readFile(`${file}.manifest.json`)) as Manifest;
  const outcome = await restoreArchive(db(), trustedKeys(env()), file, manifest);
  await db().$disconnect();
  if (!outcome.ok) throw new Error(outcome.detail);
  console.log(
    values.json
      ? JSON.stringify(outcome.value)
      : `restored ${outcome.value.restored} of ${manifest.rows} events; the others were there`,
  );
  return 0;
}

await runCommand({ name: 'audit:archive:restore', usage: USAGE, options: OPTIONS, positionals: true }, main);
