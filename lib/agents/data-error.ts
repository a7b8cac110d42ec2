/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint): trying again cannot help. */
const DATA_CLASS = /^2[23]/;

/** Whether the database refused the data itself, as opposed to being away, slow or busy. */
export function isDataError(error: unknown): boolean {
  const code = sqlState(error);
  return code !== undefined && DATA_CLASS.test(code);
}

/** Prisma keeps PostgreSQL's code in the cause of the driver adapter's error. */
function sqlState(error: unknown): string | undefined {
  for (let at = error; typeof at === 'object' && at !== null; at = next(at)) {
    const { originalCode } = at as Nested;
    if (typeof originalCode === 'string') return originalCode;
  }
  return undefined;
}

interface Nested {
  originalCode?: unknown;
  meta?: { driverAdapterError?: unknown };
  cause?: unknown;
}

const next = ({ meta, cause }: Nested): unknown => meta?.driverAdapterError ?? cause;
