/** `npm run audit:seal`: seals pending events and writes an anchor, once. For deployments without a worker, as a cron job. */
import { seal } from '#lib/audit/proof/seal.ts';
import { db } from '#lib/db.ts';
import { runCommand, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:seal [-- --json]
Seals pending events and anchors the head of the chain.
Exit: 0 sealed, or another sealer is at work; 1 failed, 2 wrong use.`;

const OPTIONS = { json: { type: 'boolean' } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const { busy, sealed, head } = await seal(db(), { anchor: 'always' });
  await db().$disconnect();
  if (values.json) console.log(JSON.stringify({ busy, sealed, head: head === null ? null : Number(head) }));
  else console.log(busy ? 'another sealer is at work' : `sealed ${sealed} events; the chain ends at ${head ?? 0}`);
  return 0;
}

await runCommand({ name: 'audit:seal', usage: USAGE, options: OPTIONS }, main);
