/** `npm run infra:cost`: monthly cost of each stack, from its recorded graph and the price file; needs no AWS account. */
import { readFile } from 'node:fs/promises';
import { estimate, MissingPrice, type CostLine, type Prices } from '../../infra/cost.ts';
import { recordGraph } from '../../infra/graph/record.ts';
import { STACKS, stackConfig } from '../../infra/graph/stacks.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `Usage: npm run infra:cost [-- --stack ${STACKS.join('|')}] [--json]

Exit codes: 0 estimated, 1 failed (a wrong stack file), 2 usage, 3 a price is missing in infra/prices.json`;

const OPTIONS = { stack: { type: 'string' }, json: { type: 'boolean' } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const stacks = STACKS.filter((stack) => values.stack === undefined || stack === values.stack);
  if (stacks.length === 0) throw new WrongUsage(`--stack takes ${STACKS.join(' or ')}`);
  const file = JSON.parse(await readFile(new URL('../../infra/prices.json', import.meta.url), 'utf8')) as Prices;
  try {
    const estimates: Record<string, CostLine[]> = {};
    for (const stack of stacks) estimates[stack] = await estimateStack(stack, file);
    if (values.json) return finish(JSON.stringify(estimates), 0);
    for (const [stack, lines] of Object.entries(estimates)) finish(table(stack, lines), 0);
    return finish(footnotes(file), 0);
  } catch (error) {
    if (error instanceof MissingPrice) return finish(error.message, 3);
    throw error;
  }
}

async function estimateStack(stack: string, file: Prices): Promise<CostLine[]> {
  const config = await stackConfig(stack);
  return estimate(await recordGraph(stack, config), config.stack.region, file);
}

function table(stack: string, lines: CostLine[]): string {
  const total = lines.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
  const row = (what: string, usd: number, rest: string) => `${what.padEnd(34)}${usd.toFixed(2).padStart(9)}  ${rest}`;
  return [
    `${stack}: about ${Math.round(total)} USD a month`,
    ...lines.map(({ what, usdPerMonth, knob, read }) =>
      row(`  ${what}`, usdPerMonth, `${read ? ' ' : '~'} ${knob === '-' ? '' : `golive:${knob}`}`),
    ),
    '',
  ].join('\n');
}

function footnotes({ region, factors, assumptions, prices }: Prices): string {
  const days = Object.values(prices)
    .map(({ on }) => on)
    .sort();
  return [
    `Prices of ${region}, read or recalled between ${days[0]} and ${days.at(-1)}; ~ marks lines with a price that was not looked up.`,
    ...Object.entries(factors).map(([name, { factor, basis }]) => `${name}: x ${factor} (${basis})`),
    `Assumed a month: ${Object.entries(assumptions)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}.`,
    'Web at its least number of tasks. Not in it: taxes, data out to the internet, backups beyond the size of the database.',
  ].join('\n');
}

function finish(text: string, code: number): number {
  console.log(text);
  return code;
}

await runCommand({ name: 'infra:cost', usage: USAGE, options: OPTIONS }, main);
