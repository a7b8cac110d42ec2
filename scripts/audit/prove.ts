/** `npm run audit:prove -- EVENT_ID`: writes the proof of one event, which anybody can check without this database. */
import { writeFile } from 'node:fs/promises';
import { OWNER_ONLY } from '#lib/audit/export/manifest.ts';
import { LOG_ORIGIN } from '#lib/audit/proof/checkpoint.ts';
import { valuesFile } from '#lib/audit/proof/disclosure.ts';
import { noteKeyText } from '#lib/audit/proof/note.ts';
import { proveEvent } from '#lib/audit/proof/prove.ts';
import { trustedKeys } from '#lib/audit/proof/signing.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { isUuid } from '#lib/ids.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:prove -- EVENT_ID [--out FILE] [--json]
Writes EVENT_ID.tlog-proof: the leaf of the event, its place in the log and a signed checkpoint (c2sp.org/tlog-proof), and beside it
EVENT_ID.tlog-proof.values.json: salts and values of the person fields that the leaf only commits to. Without that file the proof discloses no person.
npm run audit:verify -- --proof FILE --public-key KEY checks it, without a database; so do other tools for signed notes.
Exit: 0 written, 1 not provable (not sealed yet, or no such event), 2 wrong use.`;

const OPTIONS = { out: { type: 'string' }, json: { type: 'boolean' } } as const;

async function main({ values, positionals }: Given<typeof OPTIONS>): Promise<number> {
  const [id] = positionals;
  if (id === undefined || positionals.length > 1 || !isUuid(id))
    throw new WrongUsage('name one event by its id, a UUID');
  const keys = trustedKeys(env());
  const proven = await proveEvent(db(), keys, id);
  await db().$disconnect();
  if (!proven.ok) throw new Error(proven.detail);
  const { sequence, keyId, text, openings } = proven.value;
  const file = values.out ?? `${id}.tlog-proof`;
  const beside = valuesFile(file);
  await writeFile(file, text, { mode: OWNER_ONLY });
  await writeFile(beside, `${JSON.stringify(openings, null, 2)}\n`, { mode: OWNER_ONLY });
  const publicKey = keys.get(keyId);
  const key = publicKey === undefined ? keyId : noteKeyText({ name: LOG_ORIGIN, publicKey });
  if (values.json) console.log(JSON.stringify({ file, values: beside, sequence, key }));
  else console.log(`event no. ${sequence}: the proof is in ${file}, its values in ${beside}, signed by ${key}`);
  return 0;
}

await runCommand({ name: 'audit:prove', usage: USAGE, options: OPTIONS, positionals: true }, main);
