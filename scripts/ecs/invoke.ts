import { parseArgs } from 'node:util';
import { readStack } from '../../infra/release/ecs/environment.ts';
import { EcsFailure, type Ending } from '../../infra/release/ecs/failure.ts';
import type { Session } from '../../infra/release/ecs/session.ts';
import { SHARED, seconds, text, type Command, type Invocation, type Outcome, type Values } from './command.ts';
import { VERBS } from './verbs.ts';

const EXIT_CODES = `Exit codes: 0 done; 1 failed; 2 usage; 3 refused, nothing was changed; 4 there are differences; 5 over the time limit;
6 done, but the audit event is missing; 7 AWS is out of reach or said no.`;

/**
 * What a command line has besides its arguments. `writeError` writes progress to stderr, `writeLine` the result to stdout, so that
 * `--json | jq` works.
 */
export interface Terminal extends Pick<Invocation, 'writeLine' | 'interruption'> {
  writeError: (line: string) => void;
  /** The region that the environment names. */
  region: string | undefined;
  open: (region: string, log: Session['log'], pollMs: number | undefined) => Session;
}

/** Runs one command line: a verb and its options. */
export async function invoke([name = '', ...rest]: string[], terminal: Terminal): Promise<Ending> {
  const entry = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!entry) return explain(terminal, overview(), name === '' || name === '--help' ? 'done' : 'usage');
  const command = await entry.load();
  const parsed = parse(command, rest);
  if (typeof parsed === 'string') return explain(terminal, `${parsed}\n\n${usage(name, command)}`, 'usage');
  if (parsed.values.help) return explain(terminal, usage(name, command), 'done');
  const outcome = await run(command, parsed, terminal);
  print(terminal, outcome, parsed.values.json === true);
  return outcome.ending;
}

type Parsed = Pick<Invocation, 'values' | 'positionals'>;

function parse(command: Command, args: string[]): Parsed | string {
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

async function run(command: Command, parsed: Parsed, terminal: Terminal): Promise<Outcome> {
  try {
    const name = text(parsed.values, 'stack');
    if (name === undefined) throw new EcsFailure('usage', '--stack is missing: staging or production');
    const session = openSession(parsed.values, terminal);
    return await command.run({ ...terminal, ...parsed, session, stack: await readStack(session, name) });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const ending = error instanceof EcsFailure ? error.ending : 'aws';
    const message = ending === 'aws' ? `AWS: ${error.name}: ${error.message}` : error.message;
    return { ending, data: { error: message }, lines: [message] };
  }
}

function openSession(values: Values, { region, open, writeError }: Terminal): Session {
  const where = text(values, 'region') ?? region;
  if (where === undefined) throw new EcsFailure('usage', '--region is missing, and AWS_REGION is not set');
  const poll = seconds(values, 'poll');
  return open(where, writeError, poll === undefined ? undefined : poll * 1_000);
}

function print({ writeLine, writeError }: Terminal, { ending, data, lines }: Outcome, json: boolean): void {
  if (json) return void writeLine(JSON.stringify({ ending, ...data }, null, 2));
  const bad = ending !== 'done' && ending !== 'different';
  for (const line of lines) (bad ? writeError : writeLine)(line);
}

function explain({ writeLine, writeError }: Terminal, message: string, ending: Ending): Ending {
  (ending === 'done' ? writeLine : writeError)(message);
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
