/** pg-boss keeps its tables in a schema of its own, so that Prisma's stays the whole of `public`. */
export const QUEUE_SCHEMA = 'pgboss';
