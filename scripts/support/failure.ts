/**
 * Why something failed. Several failed attempts to connect come as one error without words; Prisma's errors show code of ours, and the cause
 * in their last line.
 */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reason(error.errors[0]);
  const { name, message } = error as Error;
  return (name.startsWith('PrismaClient') ? message.trim().split('\n').at(-1) : message) || name;
}
