/** `npm run audit:seal`: seals what is pending and anchors the head, once. For set-ups without a worker, as a cron job. */
import { parseArgs } from 'node:util';
import { seal } from '#lib/audit/seal.ts';
import { db } from '#lib/db.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log('npm run audit:seal [-- --json]\nSeals pending events and anchors the head of the chain.');
    return;
  }
  const { busy, sealed, head } = await seal(db(), { anchor: 'always' });
  await db().$disconnect();
  if (values.json) console.log(JSON.stringify({ busy, sealed, head: head === null ? null : Number(head) }));
  else console.log(busy ? 'another sealer is at work' : `sealed ${sealed} events; the chain ends at ${head ?? 0}`);
}

await main();
