import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Options and positional arguments of a command. */
export type Given<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>
>;

interface Command<O extends Options> {
  /** Name of the command; prefix of error messages. */
  name: string;
  /** What `--help` prints. */
  usage: string;
  options?: O;
  /** True if it accepts positional arguments. */
  positionals?: boolean;
  /** Exit code when it throws: 3 where 1 is an answer, such as "broken". */
  failed?: 1 | 2 | 3;
}

/** Exit code for invalid arguments. */
const WRONG_USAGE = 2;

/** Thrown for invalid arguments; the message is one line. */
export class WrongUsage extends Error {
  override name = 'WrongUsage';
}

/**
 * Runs a command: parses arguments, prints the usage for `--help`, and sets the exit code: 2 for invalid arguments, `failed` for other
 * errors, each with one line on stderr that begins with the command's name. @param main returns the exit code.
 */
export async function runCommand<const O extends Options>(
  { name, usage, options, positionals = false, failed = 1 }: Command<O>,
  main: (given: Given<O>) => number | Promise<number>,
): Promise<void> {
  try {
    const given = parseArgs({ options: { ...options, help: { type: 'boolean' } }, allowPositionals: positionals });
    if (given.values.help === true) console.log(usage);
    else process.exitCode = await main(given as unknown as Given<O>);
  } catch (error) {
    const wrong = usageError(error);
    console.error(`${name}: ${wrong === undefined ? reason(error) : `${wrong}; --help shows the usage`}`);
    process.exitCode = wrong === undefined ? failed : WRONG_USAGE;
  }
}

/** The message of an argument error without Node's advice, or undefined. */
function usageError(error: unknown): string | undefined {
  if (error instanceof WrongUsage) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code?.startsWith('ERR_PARSE_ARGS') ? message.split(/\.?\n|\. /, 1)[0] : undefined;
}

/** The message of an error: the causes of an AggregateError, the last line of a Prisma error. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reason(error.errors[0]);
  const { name, message } = error as Error;
  return (name.startsWith('PrismaClient') ? message.trim().split('\n').at(-1) : message) || name;
}
