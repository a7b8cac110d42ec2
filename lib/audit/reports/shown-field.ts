import { Prisma } from '../../db.ts';
import { COMMITMENT_LENGTH, ERASED, type PersonColumn } from '../proof/commitment.ts';

/** A person field of "AuditEvent" as a report shows it, in SQL: the value, the word for an erased one, or null where there was none. */
export const shownField = (name: PersonColumn): Prisma.Sql =>
  Prisma.raw(
    `coalesce("${name}", CASE WHEN length("salts" ->> '${name}') = ${COMMITMENT_LENGTH} THEN '${ERASED}' END)`,
  );
