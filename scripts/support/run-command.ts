import { parseArgs, type ParseArgsConfig } from 'node:util';
import { reason } from './failure.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What a command was given: the values of its options, and the arguments without a name. */
export type Given<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>
>;

interface Command<O extends Options> {
  /** As a person types it: it begins the line about a failure. */
  name: string;
  /** What `--help` prints. */
  usage: string;
  options?: O;
  /** Whether it takes arguments without a name. */
  positionals?: boolean;
  /** Exit code when it throws: 3 where 1 is an answer, such as "broken". */
  failed?: 1 | 2 | 3;
}

/** Exit code of every command for arguments that make no sense. */
const WRONG_USAGE = 2;

/** Thrown by a command for arguments that make no sense; the message is one line. */
export class WrongUsage extends Error {
  override name = 'WrongUsage';
}

/**
 * Runs a command, from its arguments to its exit code: the one way in which ours begin and end. `--help` prints the usage; arguments that make
 * no sense end with 2 and anything else that is thrown with `failed`, after one line on stderr that begins with the command's name.
 * @param main does it and returns the exit code.
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

/** What is wrong with the arguments, if they are what went wrong. Node adds advice to the sentence. */
function usageError(error: unknown): string | undefined {
  if (error instanceof WrongUsage) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code?.startsWith('ERR_PARSE_ARGS') ? message.split(/\.?\n|\. /, 1)[0] : undefined;
}
