import type { Role } from '../access/permissions.ts';
import { isUuid } from '../ids.ts';
import type { Db, Prisma } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { isPrintable } from '../text.ts';

/** A user on the admin pages. */
export interface UserRow {
  id: string;
  email: string;
  name: string;
  role: Role;
  disabledAt: Date | null;
  createdAt: Date;
  hasPassword: boolean;
  /** Time of the last request of any session, to the minute; null when there was none recently. */
  lastSeenAt: Date | null;
}

export interface UserFilter {
  /** Part of the name or e-mail, case-insensitive. */
  search?: string | undefined;
  role?: Role | undefined;
  status?: 'active' | 'disabled' | undefined;
}

export interface UserPage {
  users: UserRow[];
  /** Opaque; null on the last page. */
  nextCursor: string | null;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

const SELECT = {
  id: true,
  email: true,
  name: true,
  role: true,
  disabledAt: true,
  createdAt: true,
  passwordHash: true,
} satisfies Prisma.UserSelect;

type Selected = Prisma.UserGetPayload<{ select: typeof SELECT }>;

/**
 * Lists users, newest first, by keyset. Fails with `invalid_cursor` or `invalid_filter`.
 * @param options `limit` defaults to 50, at most 100.
 */
export async function listUsers(
  db: Db,
  options: UserFilter & { cursor?: string | undefined; limit?: number | undefined } = {},
): Promise<Result<UserPage>> {
  const after = options.cursor === undefined ? undefined : decodeCursor(options.cursor);
  if (after === null) return fail('invalid_cursor', 'The cursor is not one of this list. Start from the first page.');
  if (!isPrintable(options.search?.trim() ?? ''))
    return fail('invalid_filter', 'The search must not hold control characters.');
  const limit = Math.min(Math.max(options.limit ?? DEFAULT_LIMIT, 1), MAX_LIMIT);
  const found = await db.user.findMany({
    where: { AND: [matching(options), after ? below(after) : {}] },
    select: SELECT,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return ok({
    users: await withLastSeen(db, page),
    nextCursor: last && found.length > limit ? encodeCursor(last) : null,
  });
}

/** One user. Fails with `not_found`, also for an invalid id. */
export async function getUser(db: Db, id: string): Promise<Result<UserRow>> {
  const found = isUuid(id) ? await db.user.findUnique({ where: { id }, select: SELECT }) : null;
  const [user] = found ? await withLastSeen(db, [found]) : [];
  return user ? ok(user) : NO_SUCH_USER;
}

/** Minimum number of active admins, by the runbook's policy. */
export const MIN_ADMINS = 2;

/** Number of active admins. */
export function countActiveAdmins(db: Db): Promise<number> {
  return db.user.count({ where: { role: 'admin', disabledAt: null } });
}

export const NO_SUCH_USER = fail('not_found', 'There is no such person.');

function matching({ search, role, status }: UserFilter): Prisma.UserWhereInput {
  const text = search?.trim();
  // Escape LIKE wildcards.
  const contains = { contains: text?.replace(/[\\%_]/g, '\\$&') ?? '', mode: 'insensitive' } as const;
  return {
    ...(text ? { OR: [{ email: contains }, { name: contains }] } : {}),
    ...(role ? { role } : {}),
    ...(status ? { disabledAt: status === 'active' ? null : { not: null } } : {}),
  };
}

/** The additional bound lets the index start at the cursor; the OR form alone would scan everything above it. */
function below({ createdAt, id }: { createdAt: Date; id: string }): Prisma.UserWhereInput {
  return { createdAt: { lte: createdAt }, OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}

async function withLastSeen(db: Db, users: Selected[]): Promise<UserRow[]> {
  const seen = await db.session.groupBy({
    by: ['userId'],
    where: { userId: { in: users.map(({ id }) => id) } },
    _max: { lastSeenAt: true },
  });
  const lastSeen = new Map(seen.map(({ userId, _max }) => [userId, _max.lastSeenAt]));
  return users.map(({ passwordHash, ...user }) => ({
    ...user,
    hasPassword: passwordHash !== null,
    lastSeenAt: lastSeen.get(user.id) ?? null,
  }));
}

function encodeCursor({ createdAt, id }: { createdAt: Date; id: string }): string {
  return Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url');
}

function decodeCursor(cursor: string): { createdAt: Date; id: string } | null {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split('.');
  return /^\d{1,14}$/.test(time) && isUuid(id) ? { createdAt: new Date(Number(time)), id } : null;
}
