/** `npm run audit:seal`: seals what is pending and signs a checkpoint, once. For set-ups without a worker, as a cron job. */
import { seal } from '#lib/audit/proof/seal.ts';
import { db } from '#lib/db.ts';
import { runCommand, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:seal [-- --json]
Seals pending events and signs a checkpoint of the tree.
Exit: 0 sealed, or another sealer is at work; 1 failed, 2 wrong use.`;

const OPTIONS = { json: { type: 'boolean' } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const { busy, sealed, head } = await seal(db(), { checkpoint: 'always' });
  await db().$disconnect();
  if (values.json) console.log(JSON.stringify({ busy, sealed, head: head === null ? null : Number(head) }));
  else console.log(busy ? 'another sealer is at work' : `sealed ${sealed} events; the log has ${head ?? 0}`);
  return 0;
}

await runCommand({ name: 'audit:seal', usage: USAGE, options: OPTIONS }, main);
