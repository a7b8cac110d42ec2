/** `npm run agent:ingest:redrive`: requeues the dead letters of the agents' queue. */
import { countDeadLetters, redriveDeadLetters } from '#lib/agents/processing/redrive.ts';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import { db } from '#lib/db.ts';
import { runCommand, type Given } from '../../support/run-command.ts';

const USAGE = `npm run agent:ingest:redrive [-- --dry-run] [--json]

  --dry-run  only print the number of dead letters
  --json     print one JSON object

  Mend the cause first: what fails again comes back. Exit: 0 done, 1 failed, 2 wrong use`;

const AUDIT_CONTEXT: AuditContext = {
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
    const batches = await redriveDeadLetters(db(), AUDIT_CONTEXT);
    if (!batches.ok) throw new Error(batches.detail);
    if (batches.value === 0) return redriven;
    redriven += batches.value;
  }
}

await runCommand({ name: 'agent:ingest:redrive', usage: USAGE, options: OPTIONS }, main);
