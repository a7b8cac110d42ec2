/** `npm run agent:ingest:redrive`: gives the dead letters of the agents' queue back to the workers. */
import { parseArgs } from 'node:util';
import { countDeadLetters, redriveDeadLetters } from '#lib/agents/redrive.ts';
import type { Act } from '#lib/audit/catalogue.ts';
import { db } from '#lib/db.ts';
import { endInFailure } from './support/failure.ts';

const HELP = `npm run agent:ingest:redrive [-- --dry-run] [--json]

  --dry-run  only say how many dead letters wait
  --json     print one JSON object

  Mend the cause first: what fails again comes back. Exit: 0 done, 1 failed, 2 wrong use`;

const ACT: Act = {
  actor: { type: 'system', id: 'agent:ingest:redrive', label: 'agent:ingest:redrive' },
  origin: { source: 'cli' },
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { 'dry-run': { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) return void console.log(HELP);
  const waiting = await countDeadLetters(db());
  const redriven = values['dry-run'] ? 0 : await redriveAll();
  await db().$disconnect();
  const plain = values['dry-run'] ? `${waiting} dead letters wait` : `${redriven} dead letters given back`;
  console.log(values.json ? JSON.stringify({ waiting, redriven }) : plain);
}

async function redriveAll(): Promise<number> {
  let redriven = 0;
  for (;;) {
    const batches = await redriveDeadLetters(db(), ACT);
    if (batches === 0) return redriven;
    redriven += batches;
  }
}

try {
  await main();
} catch (error) {
  endInFailure('agent:ingest:redrive could not finish', error, 1);
}
