import type { Db } from './db.ts';
import { countLiveSessions } from './auth/session.ts';

/** Sign-ins, failures and denials in a period. */
interface Traffic {
  signIns: number;
  failures: number;
  denials: number;
}

export interface Overview {
  activeUsers: number;
  activeAdmins: number;
  openSessions: number;
  /** The 24 hours before `now`. */
  lastDay: Traffic;
  /** `DAYS` UTC days, oldest first, today last, including empty days. */
  days: (Traffic & { day: string })[];
}

export const DAYS = 14;
const DAY_MS = 24 * 60 * 60_000;

/** Reads the figures of the overview page in parallel. */
export async function readOverview(db: Db, now = new Date()): Promise<Overview> {
  const first = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS - (DAYS - 1) * DAY_MS);
  const [byRole, openSessions, days, lastDay] = await Promise.all([
    db.user.groupBy({ by: ['role'], where: { disabledAt: null }, _count: true }),
    countLiveSessions(db, now),
    trafficByDay(db, first),
    trafficByDay(db, new Date(now.getTime() - DAY_MS)),
  ]);
  return {
    activeUsers: byRole.reduce((sum, { _count }) => sum + _count, 0),
    activeAdmins: byRole.find(({ role }) => role === 'admin')?._count ?? 0,
    openSessions,
    lastDay: [...lastDay.values()].reduce(add, NONE),
    days: Array.from({ length: DAYS }, (_, index) => {
      const day = new Date(first.getTime() + index * DAY_MS).toISOString().slice(0, 10);
      return { day, ...(days.get(day) ?? NONE) };
    }),
  };
}

const NONE: Traffic = { signIns: 0, failures: 0, denials: 0 };

const add = (a: Traffic, b: Traffic): Traffic => ({
  signIns: a.signIns + b.signIns,
  failures: a.failures + b.failures,
  denials: a.denials + b.denials,
});

/** Counts since a moment, by day of UTC. */
async function trafficByDay(db: Db, since: Date): Promise<Map<string, Traffic>> {
  const rows = await db.$queryRaw<(Traffic & { day: string })[]>`
    SELECT to_char("createdAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
      count(*) FILTER (WHERE action = 'auth.sign_in' AND outcome = 'success')::int AS "signIns",
      count(*) FILTER (WHERE action = 'auth.sign_in' AND outcome <> 'success')::int AS failures,
      count(*) FILTER (WHERE action = 'access.denied')::int AS denials
    FROM "AuditEvent"
    WHERE action IN ('auth.sign_in', 'access.denied') AND "createdAt" >= ${since.toISOString()}::timestamptz
    GROUP BY 1`;
  return new Map(rows.map(({ day, ...traffic }) => [day, traffic]));
}
