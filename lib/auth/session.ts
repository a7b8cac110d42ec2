import type { Role } from '../access/permissions.ts';
import type { AuditContext, Actor, Origin } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { isUuid, uuidv7 } from '../ids.ts';
import type { Db, Tx } from '../db.ts';
import { env } from '../env.ts';
import { ok, type Result } from '../errors.ts';

/** Claims of the session cookie: a reference to a session row, without permissions. `authTime` is in milliseconds. */
export interface SessionClaims {
  userId: string;
  sessionId: string;
  sessionVersion: number;
  authTime: number;
}

/** The user of a request, read from the database. */
export interface CurrentUser {
  id: string;
  email: string;
  name: string;
  role: Role;
  sessionId: string;
  hasPassword: boolean;
}

/** The audit context of a signed-in user. */
export interface UserAuditContext extends AuditContext {
  actor: Extract<Actor, { type: 'user' }>;
}

export interface SessionRow {
  id: string;
  createdAt: Date;
  lastSeenAt: Date;
  ip: string | null;
  userAgent: string | null;
}

const MINUTE = 60_000;
/** Retention of ended session rows, in milliseconds; they identify known addresses. */
const SESSION_ROW_RETENTION_MS = 90 * 24 * 60 * MINUTE;
const MAX_USER_AGENT = 512;
const MAX_LISTED = 50;

/** Oldest `createdAt` and `lastSeenAt` of a valid session. */
function liveSessionBounds(now: Date) {
  const { SESSION_ABSOLUTE_MINUTES, SESSION_IDLE_MINUTES } = env();
  return {
    bornAfter: new Date(now.getTime() - SESSION_ABSOLUTE_MINUTES * MINUTE),
    seenAfter: new Date(now.getTime() - SESSION_IDLE_MINUTES * MINUTE),
  };
}

/** Interval of writing `lastSeenAt`, in milliseconds, to avoid a write per request; at least four times per idle limit. */
const touchInterval = () => Math.min(MINUTE, (env().SESSION_IDLE_MINUTES * MINUTE) / 4);

/** Creates a session in the transaction of the sign-in and deletes the user's expired rows. */
export async function startSession(
  tx: Tx,
  user: { id: string; sessionVersion: number },
  origin: Origin,
): Promise<SessionClaims> {
  const now = new Date();
  const id = uuidv7(now);
  const { ip = null, userAgent = null } = origin;
  await tx.session.deleteMany({
    where: { userId: user.id, lastSeenAt: { lt: new Date(now.getTime() - SESSION_ROW_RETENTION_MS) } },
  });
  await tx.session.createMany({
    data: {
      id,
      userId: user.id,
      sessionVersion: user.sessionVersion,
      createdAt: now,
      lastSeenAt: now,
      ip,
      userAgent: userAgent?.slice(0, MAX_USER_AGENT) ?? null,
    },
  });
  return { userId: user.id, sessionId: id, sessionVersion: user.sessionVersion, authTime: now.getTime() };
}

interface LiveSession extends CurrentUser {
  lastSeenAt: Date;
}

/**
 * Loads the user of a session, or null when it has ended, expired, or the user was disabled or changed role or password. One query, plus a
 * write once a minute. Role and name are current.
 */
export async function loadSession(db: Db, claims: SessionClaims, now = new Date()): Promise<CurrentUser | null> {
  const { userId, sessionId, sessionVersion, authTime } = claims;
  if (!isUuid(userId) || !isUuid(sessionId) || !Number.isInteger(sessionVersion)) return null;
  const { bornAfter: createdAfter, seenAfter } = liveSessionBounds(now);
  if (!(authTime > createdAfter.getTime())) return null;
  const [found] = await db.$queryRaw<LiveSession[]>`
    SELECT u.id, u.email, u.name, u.role::text AS role, s.id AS "sessionId", s."lastSeenAt",
      u."passwordHash" IS NOT NULL AS "hasPassword"
    FROM "Session" s JOIN "User" u ON u.id = s."userId"
    WHERE s.id = ${sessionId}::uuid AND u.id = ${userId}::uuid AND s."endedAt" IS NULL AND u."disabledAt" IS NULL
      AND s."sessionVersion" = u."sessionVersion" AND u."sessionVersion" = ${sessionVersion}::bigint
      AND s."createdAt" > ${createdAfter}::timestamptz AND s."lastSeenAt" > ${seenAfter}::timestamptz`;
  if (!found) return null;
  const { lastSeenAt, ...user } = found;
  if (now.getTime() - lastSeenAt.getTime() > touchInterval())
    await db.session.updateMany({
      where: { id: sessionId, endedAt: null, lastSeenAt: { lt: now } },
      data: { lastSeenAt: now },
    });
  return user;
}

/** The active sessions of a user, newest first. */
export function listSessions(db: Db, userId: string, now = new Date()): Promise<SessionRow[]> {
  const { bornAfter: createdAfter, seenAfter } = liveSessionBounds(now);
  return db.session.findMany({
    where: { userId, endedAt: null, createdAt: { gt: createdAfter }, lastSeenAt: { gt: seenAfter } },
    select: { id: true, createdAt: true, lastSeenAt: true, ip: true, userAgent: true },
    orderBy: { createdAt: 'desc' },
    take: MAX_LISTED,
  });
}

/** Number of active sessions of all users. */
export function countLiveSessions(db: Db, now = new Date()): Promise<number> {
  const { bornAfter: createdAfter, seenAfter } = liveSessionBounds(now);
  return db.session.count({
    where: {
      endedAt: null,
      createdAt: { gt: createdAfter },
      lastSeenAt: { gt: seenAfter },
      user: { disabledAt: null },
    },
  });
}

/** Ends one of the actor's sessions. Idempotent. */
export async function signOut(db: Db, context: UserAuditContext, sessionId: string): Promise<Result<void>> {
  return db.$transaction(async (tx) => {
    const { count } = await tx.session.updateMany({
      where: { id: sessionId, userId: context.actor.id, endedAt: null },
      data: { endedAt: new Date() },
    });
    if (count > 0) await recordAudit(tx, { action: 'auth.sign_out', outcome: 'success', ...context, metadata: {} });
    return ok(undefined);
  });
}

/** Ends all sessions of the actor, including the current one. */
export async function signOutEverywhere(db: Db, context: UserAuditContext): Promise<Result<void>> {
  return db.$transaction(async (tx) => {
    await endAllSessions(tx, context.actor.id);
    await recordAudit(tx, { action: 'auth.sign_out_everywhere', outcome: 'success', ...context, metadata: {} });
    return ok(undefined);
  });
}

/**
 * Ends all sessions of a user in the caller's transaction by incrementing the session version, which also covers a concurrent sign-in; the
 * rows are marked for lists.
 * @returns the new version.
 */
export async function endAllSessions(tx: Tx, userId: string): Promise<number> {
  const { sessionVersion } = await tx.user.update({
    where: { id: userId },
    data: { sessionVersion: { increment: 1 } },
    select: { sessionVersion: true },
  });
  await tx.session.updateMany({ where: { userId, endedAt: null }, data: { endedAt: new Date() } });
  return sessionVersion;
}
