import type { Role } from '../access/permissions.ts';
import type { Act, Actor, Origin } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { isUuid, uuidv7 } from '../ids.ts';
import type { Db, Tx } from '../db.ts';
import { env } from '../env.ts';
import { ok, type Result } from '../errors.ts';

/** What the cookie's token says: a name for a session row, nothing about rights. `authTime` is in milliseconds. */
export interface SessionClaims {
  userId: string;
  sessionId: string;
  sessionVersion: number;
  authTime: number;
}

/** The person behind a request, read fresh from the database. */
export interface CurrentUser {
  id: string;
  email: string;
  name: string;
  role: Role;
  sessionId: string;
  hasPassword: boolean;
}

/** An act of a signed-in person on their own account. */
export interface OwnAct extends Act {
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
/** Rows of ended sessions are kept this long, in milliseconds: they are how a familiar address is known. */
const KEEP_MS = 90 * 24 * 60 * MINUTE;
const MAX_USER_AGENT = 512;
const MAX_LISTED = 50;

/** Oldest `createdAt` and `lastSeenAt` of a session that still lives. */
function limits(now: Date) {
  const { SESSION_ABSOLUTE_MINUTES, SESSION_IDLE_MINUTES } = env();
  return {
    bornAfter: new Date(now.getTime() - SESSION_ABSOLUTE_MINUTES * MINUTE),
    seenAfter: new Date(now.getTime() - SESSION_IDLE_MINUTES * MINUTE),
  };
}

/**
 * `lastSeenAt` is written at most this often, in milliseconds: a page view must not cost a write. Four times within a short idle limit
 * all the same, or a busy session would end between two writes.
 */
const touchEvery = () => Math.min(MINUTE, (env().SESSION_IDLE_MINUTES * MINUTE) / 4);

/** Opens a session in the transaction of the sign-in, and drops this person's rows that nobody needs any more. */
export async function startSession(
  tx: Tx,
  user: { id: string; sessionVersion: number },
  origin: Origin,
): Promise<SessionClaims> {
  const now = new Date();
  const id = uuidv7(now);
  const { ip = null, userAgent = null } = origin;
  await tx.session.deleteMany({ where: { userId: user.id, lastSeenAt: { lt: new Date(now.getTime() - KEEP_MS) } } });
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
 * Turns a token into a person, or null when the session has ended, is too old or idle, or its owner was disabled, given another role or
 * another password. One query; once a minute one write more. Role and name are those of this moment.
 */
export async function loadSession(db: Db, claims: SessionClaims, now = new Date()): Promise<CurrentUser | null> {
  const { userId, sessionId, sessionVersion, authTime } = claims;
  if (!isUuid(userId) || !isUuid(sessionId) || !Number.isInteger(sessionVersion)) return null;
  const { bornAfter, seenAfter } = limits(now);
  if (!(authTime > bornAfter.getTime())) return null;
  const [found] = await db.$queryRaw<LiveSession[]>`
    SELECT u.id, u.email, u.name, u.role::text AS role, s.id AS "sessionId", s."lastSeenAt",
      u."passwordHash" IS NOT NULL AS "hasPassword"
    FROM "Session" s JOIN "User" u ON u.id = s."userId"
    WHERE s.id = ${sessionId}::uuid AND u.id = ${userId}::uuid AND s."endedAt" IS NULL AND u."disabledAt" IS NULL
      AND s."sessionVersion" = u."sessionVersion" AND u."sessionVersion" = ${sessionVersion}::bigint
      AND s."createdAt" > ${bornAfter}::timestamptz AND s."lastSeenAt" > ${seenAfter}::timestamptz`;
  if (!found) return null;
  const { lastSeenAt, ...user } = found;
  if (now.getTime() - lastSeenAt.getTime() > touchEvery())
    await db.session.updateMany({
      where: { id: sessionId, endedAt: null, lastSeenAt: { lt: now } },
      data: { lastSeenAt: now },
    });
  return user;
}

/** The live sessions of a person, newest first. */
export function listSessions(db: Db, userId: string, now = new Date()): Promise<SessionRow[]> {
  const { bornAfter, seenAfter } = limits(now);
  return db.session.findMany({
    where: { userId, endedAt: null, createdAt: { gt: bornAfter }, lastSeenAt: { gt: seenAfter } },
    select: { id: true, createdAt: true, lastSeenAt: true, ip: true, userAgent: true },
    orderBy: { createdAt: 'desc' },
    take: MAX_LISTED,
  });
}

/** How many sessions live, of everybody. */
export function countLiveSessions(db: Db, now = new Date()): Promise<number> {
  const { bornAfter, seenAfter } = limits(now);
  return db.session.count({
    where: { endedAt: null, createdAt: { gt: bornAfter }, lastSeenAt: { gt: seenAfter }, user: { disabledAt: null } },
  });
}

/** Ends one session of the actor's own. Ending it again changes and records nothing. */
export async function signOut(db: Db, act: OwnAct, sessionId: string): Promise<Result<void>> {
  return db.$transaction(async (tx) => {
    const { count } = await tx.session.updateMany({
      where: { id: sessionId, userId: act.actor.id, endedAt: null },
      data: { endedAt: new Date() },
    });
    if (count > 0) await recordAudit(tx, { action: 'auth.sign_out', outcome: 'success', ...act, metadata: {} });
    return ok(undefined);
  });
}

/** Ends every session of the actor, the one they act in as well. */
export async function signOutEverywhere(db: Db, act: OwnAct): Promise<Result<void>> {
  return db.$transaction(async (tx) => {
    await endAllSessions(tx, act.actor.id);
    await recordAudit(tx, { action: 'auth.sign_out_everywhere', outcome: 'success', ...act, metadata: {} });
    return ok(undefined);
  });
}

/**
 * Ends every session of a person in the caller's transaction. Raising the version is what does it, also for a sign-in that is
 * under way; the rows are marked for the lists.
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
