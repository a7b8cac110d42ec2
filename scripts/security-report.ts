/** `npm run security:report`: the weekly look. Exit 0, or 1 when there are fewer than two admins, or 2 when it could not be made. */
import { parseArgs } from 'node:util';
import { db } from '#lib/db.ts';
import { MIN_ADMINS, securityReport, type SecurityReport } from '#lib/security-report.ts';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { days: { type: 'string', default: '7' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(
      'npm run security:report [-- --days N] [--json]\nSecurity events of the last days, and the list of admins.',
    );
    return 0;
  }
  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1 || days > 365) throw new Error('--days takes a whole number from 1 to 365');
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

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`no report: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
