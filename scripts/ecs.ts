/** `npm run ecs -- <verb>`: operates a stack on ECS with AWS credentials and nothing else. One verb per file in scripts/ecs. */
import { parseArgs } from 'node:util';
import { readStack } from '../infra/ecs/environment.ts';
import { EXIT, EcsFailure, type Ending } from '../infra/ecs/failure.ts';
import { openSession } from '../infra/ecs/session.ts';
import { SHARED, type Command, type Outcome, type Values } from './ecs/command.ts';
import { VERBS } from './ecs/verbs.ts';

const EXIT_CODES = `Exit codes: 0 done; 1 failed; 2 usage; 3 refused, nothing was changed; 4 there are differences; 5 over the time limit;
6 done, but the audit event is missing; 7 AWS is out of reach or said no.`;

async function main([name = '', ...rest]: string[]): Promise<Ending> {
  const entry = VERBS[name];
  if (!entry) return explain(overview(), name === '' || name === '--help' ? 'done' : 'usage');
  const command = await entry.load();
  const parsed = parse(command, rest);
  if (typeof parsed === 'string') return explain(`${parsed}\n\n${usage(name, command)}`, 'usage');
  if (parsed.values.help) return explain(usage(name, command), 'done');
  const outcome = await run(command, parsed);
  print(outcome, parsed.values.json === true);
  return outcome.ending;
}

function parse(command: Command, args: string[]): { values: Values; positionals: string[] } | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { ...SHARED, ...command.options },
      allowPositionals: command.positionals ?? false,
    });
    return { values, positionals };
  } catch (error) {
    return (error as Error).message;
  }
}

/** Progress goes to stderr, the answer to stdout, so that `--json | jq` works. */
async function run(
  command: Command,
  { values, positionals }: { values: Values; positionals: string[] },
): Promise<Outcome> {
  try {
    const region = values.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
    if (typeof values.stack !== 'string') throw new EcsFailure('usage', '--stack is missing: staging or production');
    if (typeof region !== 'string') throw new EcsFailure('usage', '--region is missing, and AWS_REGION is not set');
    const session = openSession(region, (line) => console.error(line), Number(values.poll ?? 5) * 1_000);
    return await command.run({ session, stack: await readStack(session, values.stack), values, positionals });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const ending = error instanceof EcsFailure ? error.ending : 'aws';
    const text = ending === 'aws' ? `AWS: ${error.name}: ${error.message}` : error.message;
    return { ending, data: { error: text }, lines: [text] };
  }
}

function print({ ending, data, lines }: Outcome, json: boolean): void {
  if (json) return void console.log(JSON.stringify({ ending, ...data }, null, 2));
  const bad = ending !== 'done' && ending !== 'different';
  for (const line of lines) (bad ? console.error : console.log)(line);
}

function explain(text: string, ending: Ending): Ending {
  (ending === 'done' ? console.log : console.error)(text);
  return ending;
}

function overview(): string {
  const verbs = Object.entries(VERBS).map(([verb, { summary }]) => `  ${verb.padEnd(10)}${summary}`);
  return [
    'npm run ecs -- <verb> --stack NAME [--region NAME] [--poll SECONDS] [--json] [--help]',
    ...verbs,
    EXIT_CODES,
  ].join('\n');
}

const usage = (name: string, command: Command) =>
  [`npm run ecs -- ${name} --stack NAME ${command.usage}`, EXIT_CODES].join('\n');

process.exitCode = EXIT[await main(process.argv.slice(2))];
