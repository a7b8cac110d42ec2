/** `npm run security:report`: the weekly security report. Exit 1: there are fewer than two admins. */
import { db } from '#lib/db.ts';
import { securityReport, type SecurityReport } from '#lib/security-report.ts';
import { MIN_ADMINS } from '#lib/users/list.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `npm run security:report [-- --days N] [--json]
Security events of the last days, and the list of admins.
Exit: 0 enough admins, 1 fewer than ${MIN_ADMINS}, 2 wrong use, 3 no report could be made.`;

const OPTIONS = { days: { type: 'string', default: '7' }, json: { type: 'boolean' } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1 || days > 365)
    throw new WrongUsage('--days takes a whole number from 1 to 365');
  const report = await securityReport(db(), days);
  await db().$disconnect();
  if (values.json) console.log(JSON.stringify(report));
  else print(report);
  return report.enoughAdmins ? 0 : 1;
}

function print({
  from,
  events,
  denialsByActor,
  failuresByAddress,
  failuresByAccount,
  admins,
  enoughAdmins,
}: SecurityReport): void {
  console.log(`security events since ${from.toISOString()}`);
  for (const { action, outcome, count } of events) console.log(`  ${action.padEnd(32)} ${outcome.padEnd(8)} ${count}`);
  for (const { actor, count } of denialsByActor) console.log(`  denied to ${actor}: ${count}`);
  for (const { ip, count } of failuresByAddress) console.log(`  failed sign-ins from ${ip}: ${count}`);
  for (const { account, count } of failuresByAccount) console.log(`  failed sign-ins as ${account}: ${count}`);
  console.log(`admins: ${admins.length}`);
  for (const { email, lastSeenAt } of admins)
    console.log(`  ${email}, last seen ${lastSeenAt?.toISOString() ?? 'never'}`);
  if (!enoughAdmins) console.log(`there must be at least ${MIN_ADMINS} admins: npm run admin:create`);
}

await runCommand({ name: 'security:report', usage: USAGE, options: OPTIONS, failed: 3 }, main);
