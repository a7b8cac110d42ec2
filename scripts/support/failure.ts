/** The message of an error: the causes of an AggregateError, the last line of a Prisma error. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reason(error.errors[0]);
  const { name, message } = error as Error;
  return (name.startsWith('PrismaClient') ? message.trim().split('\n').at(-1) : message) || name;
}
