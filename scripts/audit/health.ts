/** `npm run audit:health`: the monthly report on the audit log. Exit 1: something needs attention. */
import { auditHealth, type AuditHealth } from '#lib/audit/reports/health.ts';
import { db } from '#lib/db.ts';
import { runCommand, type Given } from '../support/run-command.ts';

/** Seal lag in seconds above which no sealer is running. */
const LAG_LIMIT = 600;

const USAGE = `npm run audit:health [-- --json]
Volume, anomalies (spikes and gaps), growth, retention, seal lag, denials, failed sign-ins by address, timestamps shifted by a time zone.
Exit: 0 well, 1 something needs a look, 2 wrong use, 3 could not check.`;

const OPTIONS = { json: { type: 'boolean' } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const health = await auditHealth(db());
  await db().$disconnect();
  const warnings = warningsOf(health);
  if (values.json)
    console.log(
      JSON.stringify({ ok: warnings.length === 0, concerns: warnings, ...health }, (_, value: unknown) =>
        typeof value === 'bigint' ? Number(value) : value,
      ),
    );
  else print(health, warnings);
  return warnings.length === 0 ? 0 : 1;
}

function warningsOf({ days, retention, proof, growthOf, zoneOffsets }: AuditHealth): string[] {
  const anomalous = days
    .filter(({ anomaly }) => anomaly !== null)
    .map(({ day, anomaly, events }) => `${day} is a ${anomaly}: ${events} events`);
  return [
    ...anomalous,
    retention.working ? [] : [`retention does not run: ${retention.overdue} events are overdue`],
    proof.lagSeconds > LAG_LIMIT ? [`sealing is ${proof.lagSeconds} s behind`] : [],
    proof.finding === null ? [] : [`the last verification found: ${proof.finding}`],
    growthOf.daysUntilLimit !== null && growthOf.daysUntilLimit < 14
      ? [`the size limit is ${growthOf.daysUntilLimit} days away`]
      : [],
    zoneOffsets.map(
      ({ from, to, minutes }) =>
        `events from ${from.toISOString()} to ${to.toISOString()} were written in a session of another zone: their times are ${minutes} minutes off; docs/AUDIT_AUDIT.md says what to do`,
    ),
  ].flat();
}

const mib = (bytes: number): string => `${(bytes / 1048576).toFixed(1)} MiB`;

function print(
  { days, topActions, failuresByAddress, growthOf, retention, proof }: AuditHealth,
  warnings: string[],
): void {
  const total = days.reduce((sum, { events }) => sum + events, 0);
  console.log(`${total} events in ${days.length} days, ${days.reduce((sum, { denials }) => sum + denials, 0)} denials`);
  for (const { action, events } of topActions) console.log(`  ${action.padEnd(32)} ${events}`);
  for (const { ip, failures } of failuresByAddress) console.log(`  failed sign-ins from ${ip}: ${failures}`);
  const limit = growthOf.daysUntilLimit === null ? '' : `, ${growthOf.daysUntilLimit} days until the limit`;
  console.log(`size ${mib(growthOf.bytes)}, ${mib(growthOf.bytesPerDay)} a day${limit}`);
  console.log(`retention: ${retention.days} days, last removal ${retention.lastPrune?.toISOString() ?? 'never'}`);
  console.log(
    `proof: verified up to ${proof.verifiedUpTo} at ${proof.at?.toISOString() ?? 'never'}, ${proof.pending} events wait, ${proof.lagSeconds} s behind`,
  );
  for (const warning of warnings) console.log(`look at this: ${warning}`);
}

await runCommand({ name: 'audit:health', usage: USAGE, options: OPTIONS, failed: 3 }, main);
