/** Exit code of every command for arguments that make no sense. */
const WRONG_USAGE = 2;

/**
 * Ends a command that threw: one clear line on stderr, and an exit code.
 * @param command name of the command, as the person typed it.
 * @param code exit code, unless it was the arguments that made no sense.
 */
export function endInFailure(command: string, error: unknown, code: number): void {
  const wrongUsage = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  console.error(`${command}: ${reason(error)}`);
  process.exitCode = wrongUsage ? WRONG_USAGE : code;
}

/**
 * Why something failed. Several failed attempts to connect come as one error without words; Prisma's errors show code of ours, and the cause
 * in their last line.
 */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reason(error.errors[0]);
  const { name, message } = error as Error;
  return (name.startsWith('PrismaClient') ? message.trim().split('\n').at(-1) : message) || name;
}
