/** `npm run agent:ingest:redrive`: gives the dead letters of the agents' queue back to the workers. */
import { countDeadLetters, redriveDeadLetters } from '#lib/agents/processing/redrive.ts';
import type { Act } from '#lib/audit/events/catalogue.ts';
import { db } from '#lib/db.ts';
import { runCommand, type Given } from '../../support/run-command.ts';

const USAGE = `npm run agent:ingest:redrive [-- --dry-run] [--json]

  --dry-run  only say how many dead letters wait
  --json     print one JSON object

  Mend the cause first: what fails again comes back. Exit: 0 done, 1 failed, 2 wrong use`;

const ACT: Act = {
  actor: { type: 'system', id: 'agent:ingest:redrive', label: 'agent:ingest:redrive' },
  origin: { source: 'cli' },
};

const OPTIONS = { 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const waiting = await countDeadLetters(db());
  const redriven = values['dry-run'] ? 0 : await redriveAll();
  await db().$disconnect();
  const plain = values['dry-run'] ? `${waiting} dead letters wait` : `${redriven} dead letters given back`;
  console.log(values.json ? JSON.stringify({ waiting, redriven }) : plain);
  return 0;
}

async function redriveAll(): Promise<number> {
  let redriven = 0;
  for (;;) {
    const batches = await redriveDeadLetters(db(), ACT);
    if (!batches.ok) throw new Error(batches.detail);
    if (batches.value === 0) return redriven;
    redriven += batches.value;
  }
}

await runCommand({ name: 'agent:ingest:redrive', usage: USAGE, options: OPTIONS }, main);
