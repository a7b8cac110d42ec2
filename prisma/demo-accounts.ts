import type { Role } from '#lib/access/permissions.ts';

/** Exit code of `node prisma/seed.ts --if-empty` when the database has people of its own and was left alone. */
export const NOT_SEEDED = 3;

/** The address of the demo account with this role. */
export const emailOf = (role: Role) => `${role}@example.org`;

/** The variable that gives the seed the password of the demo account with this role. */
export const passwordVariable = (role: Role) => `SEED_${role.toUpperCase()}_PASSWORD`;
