import type { Db } from './db.ts';
import { shownField } from './audit/reports/shown-field.ts';
import { MIN_ADMINS } from './users/list.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const TOP = 10;

export interface SecurityReport {
  from: Date;
  to: Date;
  /** Events by action and outcome: failures, denials, changes of users and roles, exports, removals and holds. */
  events: { action: string; outcome: string; count: number }[];
  denialsByActor: { actor: string; count: number }[];
  failuresByAddress: { ip: string; count: number }[];
  failuresByAccount: { account: string; count: number }[];
  admins: { email: string; name: string; lastSeenAt: Date | null }[];
  enoughAdmins: boolean;
}

/** The weekly security report: sign-ins, roles, users and admins. */
export async function securityReport(db: Db, days = 7, now = new Date()): Promise<SecurityReport> {
  const from = new Date(now.getTime() - days * DAY_MS);
  const since = from.toISOString();
  const [events, denialsByActor, failuresByAddress, failuresByAccount, admins] = await Promise.all([
    db.$queryRaw<SecurityReport['events']>`
      SELECT "action", "outcome", count(*)::int AS count FROM "AuditEvent"
      WHERE "createdAt" >= ${since}::timestamptz
        AND ("outcome" <> 'success' OR starts_with("action", 'user.') OR "action" IN ('audit.exported', 'audit.pruned', 'audit.archive_restored', 'audit.person_erased')
          OR starts_with("action", 'audit.hold_'))
      GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`,
    db.$queryRaw<SecurityReport['denialsByActor']>`
      SELECT coalesce(${shownField('actorLabel')}, "actorId", '-') AS actor, count(*)::int AS count FROM "AuditEvent"
      WHERE "createdAt" >= ${since}::timestamptz AND "outcome" = 'denied' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${TOP}`,
    db.$queryRaw<SecurityReport['failuresByAddress']>`
      SELECT ${shownField('ip')} AS ip, count(*)::int AS count FROM "AuditEvent"
      WHERE "createdAt" >= ${since}::timestamptz AND "action" = 'auth.sign_in' AND "outcome" = 'failure' AND ${shownField('ip')} IS NOT NULL
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${TOP}`,
    db.$queryRaw<SecurityReport['failuresByAccount']>`
      SELECT ${shownField('actorLabel')} AS account, count(*)::int AS count FROM "AuditEvent"
      WHERE "createdAt" >= ${since}::timestamptz AND "action" = 'auth.sign_in' AND "outcome" = 'failure' AND ${shownField('actorLabel')} IS NOT NULL
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${TOP}`,
    db.user.findMany({
      where: { role: 'admin', disabledAt: null },
      orderBy: { email: 'asc' },
      select: {
        email: true,
        name: true,
        sessions: { orderBy: { lastSeenAt: 'desc' }, take: 1, select: { lastSeenAt: true } },
      },
    }),
  ]);
  return {
    from,
    to: now,
    events,
    denialsByActor,
    failuresByAddress,
    failuresByAccount,
    admins: admins.map(({ email, name, sessions }) => ({ email, name, lastSeenAt: sessions[0]?.lastSeenAt ?? null })),
    enoughAdmins: admins.length >= MIN_ADMINS,
  };
}
