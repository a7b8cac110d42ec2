/** Schema of pg-boss's tables; `public` is Prisma's. */
export const QUEUE_SCHEMA = 'pgboss';
