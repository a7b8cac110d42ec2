/** `npm run audit:prune` and `npm run audit:prune:dry`: applies retention; a daily job. Exit 3: another prune is running. */
import { planPrune, policyOf, type PruneStep } from '#lib/audit/retention/policy.ts';
import { activeHolds, describeHold } from '#lib/audit/retention/holds.ts';
import { DROP_TIMEOUT_MS, prune } from '#lib/audit/retention/prune.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { openClient } from '#lib/db/client.ts';
import { openDb, type Db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { runCommand, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:prune [-- --json]      removes what the retention policy no longer keeps
npm run audit:prune:dry [-- --json]  says what that would be, and changes nothing
The policy: AUDIT_RETENTION_DAYS, AUDIT_RETENTION_MAX_MB, AUDIT_RETENTION_LONGER; archives go to AUDIT_ARCHIVE_DIR.
Exit: 0 done, 1 failed, 2 wrong use, 3 another prune is at work.`;
const BUSY = 3;

const OPTIONS = { 'dry-run': { type: 'boolean' }, json: { type: 'boolean', default: false } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const { DATABASE_URL, DATABASE_POOL_MAX, DATABASE_CA_CERT } = env();
  const db = openDb(DATABASE_URL, {
    max: DATABASE_POOL_MAX,
    caCert: DATABASE_CA_CERT,
    socketTimeoutMs: DROP_TIMEOUT_MS,
  });
  try {
    return values['dry-run'] ? await dryRun(db, values.json) : await run(db, values.json);
  } finally {
    await db.$disconnect();
  }
}

const describe = ({ partition, whole, rows, bytes, kept, held, before, why }: PruneStep): string =>
  `${partition}: ${rows} events before ${before.toISOString()}, ${whole ? `dropped whole (${Math.round(bytes / 1048576)} MiB)` : `in batches, ${kept} stay, ${held} of them held`} (${why})`;

async function dryRun(db: Db, json: boolean): Promise<number> {
  const steps = await planPrune(db, policyOf(env()));
  const rows = steps.reduce((sum, step) => sum + step.rows, 0);
  const holds = await activeHolds(db);
  if (json) console.log(JSON.stringify({ dryRun: true, rows, steps, holds }));
  else {
    for (const hold of holds) console.log(`held: ${describeHold(hold)}`);
    for (const step of steps) console.log(`would remove ${describe(step)}`);
    console.log(`dry run: ${rows} events would go, nothing was changed`);
  }
  return 0;
}

async function run(db: Db, json: boolean): Promise<number> {
  const { DATABASE_URL, DATABASE_CA_CERT, AUDIT_ARCHIVE_DIR } = env();
  const lock = await openClient(DATABASE_URL, { caCert: DATABASE_CA_CERT });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    const outcome = await prune(db, lock, {
      policy: policyOf(env()),
      key: signingKey(env()),
      archiveDir: AUDIT_ARCHIVE_DIR,
      signal: stop.signal,
      onStep: (step) => void (json || console.log(`removed ${describe(step)}`)),
    });
    if (json) console.log(JSON.stringify(outcome));
    else if (outcome.busy) console.error('another prune is at work: nothing was done');
    else
      console.log(
        `pruned: ${outcome.removed} events, ${outcome.dropped.length} months, ${outcome.archives.length} archives`,
      );
    return outcome.busy ? BUSY : 0;
  } finally {
    await lock.end();
  }
}

await runCommand({ name: 'audit:prune', usage: USAGE, options: OPTIONS }, main);
