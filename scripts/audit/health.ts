/** `npm run audit:health`: the monthly look at the log itself. Exit 1: something needs a look. */
import { auditHealth, type AuditHealth } from '#lib/audit/reports/health.ts';
import { db } from '#lib/db.ts';
import { runCommand, type Given } from '../support/run-command.ts';

/** Sealing runs every second: this long a lag means that no sealer does. In seconds. */
const LAG_LIMIT = 600;

const USAGE = `npm run audit:health [-- --json]
Volume, spikes and holes, growth, retention, seal lag, denials, failed sign-ins by address, times that a zone has shifted.
Exit: 0 well, 1 something needs a look, 2 wrong use, 3 could not check.`;

const OPTIONS = { json: { type: 'boolean' } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const health = await auditHealth(db());
  await db().$disconnect();
  const concerns = concernsOf(health);
  if (values.json)
    console.log(
      JSON.stringify({ ok: concerns.length === 0, concerns, ...health }, (_, value: unknown) =>
        typeof value === 'bigint' ? Number(value) : value,
      ),
    );
  else print(health, concerns);
  return concerns.length === 0 ? 0 : 1;
}

function concernsOf({ days, retention, proof, growth, zoneOffsets }: AuditHealth): string[] {
  const marked = days
    .filter(({ mark }) => mark !== null)
    .map(({ day, mark, events }) => `${day} is a ${mark}: ${events} events`);
  return [
    ...marked,
    retention.working ? [] : [`retention does not run: ${retention.overdue} events are overdue`],
    proof.lagSeconds > LAG_LIMIT ? [`sealing is ${proof.lagSeconds} s behind`] : [],
    proof.finding === null ? [] : [`the last verification found: ${proof.finding}`],
    growth.daysUntilLimit !== null && growth.daysUntilLimit < 14
      ? [`the size limit is ${growth.daysUntilLimit} days away`]
      : [],
    zoneOffsets.map(
      ({ from, to, minutes }) =>
        `events from ${from.toISOString()} to ${to.toISOString()} were written in a session of another zone: their times are ${minutes} minutes off; docs/AUDIT_AUDIT.md says what to do`,
    ),
  ].flat();
}

const mib = (bytes: number): string => `${(bytes / 1048576).toFixed(1)} MiB`;

function print(
  { days, topActions, failuresByAddress, growth, retention, proof }: AuditHealth,
  concerns: string[],
): void {
  const total = days.reduce((sum, { events }) => sum + events, 0);
  console.log(`${total} events in ${days.length} days, ${days.reduce((sum, { denials }) => sum + denials, 0)} denials`);
  for (const { action, events } of topActions) console.log(`  ${action.padEnd(32)} ${events}`);
  for (const { ip, failures } of failuresByAddress) console.log(`  failed sign-ins from ${ip}: ${failures}`);
  const limit = growth.daysUntilLimit === null ? '' : `, ${growth.daysUntilLimit} days until the limit`;
  console.log(`size ${mib(growth.bytes)}, ${mib(growth.bytesPerDay)} a day${limit}`);
  console.log(`retention: ${retention.days} days, last removal ${retention.lastPrune?.toISOString() ?? 'never'}`);
  console.log(
    `proof: verified up to ${proof.verifiedUpTo} at ${proof.at?.toISOString() ?? 'never'}, ${proof.pending} events wait, ${proof.lagSeconds} s behind`,
  );
  for (const concern of concerns) console.log(`look at this: ${concern}`);
}

await runCommand({ name: 'audit:health', usage: USAGE, options: OPTIONS, failed: 3 }, main);
