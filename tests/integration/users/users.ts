import type { Role } from '#lib/access/permissions.ts';
import type { Origin } from '#lib/audit/events/catalogue.ts';
import type { Db } from '#lib/db.ts';
import { hashPassword } from '#lib/auth/password.ts';
import type { CurrentUser, UserAuditContext, SessionClaims } from '#lib/auth/session.ts';
import { loadSession } from '#lib/auth/session.ts';
import { signIn } from '#lib/auth/sign-in.ts';

export const PASSWORD = 'violet harbour 42 lanterns';
export const WEB: Origin = { source: 'web', ip: '198.51.100.7', userAgent: 'test', requestId: 'req-1' };

let hash: Promise<string> | undefined;

/** Adds a person whose password is PASSWORD. */
export async function addUser(db: Db, name: string, role: Role = 'user') {
  const passwordHash = await (hash ??= hashPassword(PASSWORD));
  return db.user.create({
    data: { email: `${name}@example.org`, name, role, passwordHash },
    select: { id: true, email: true, role: true },
  });
}

type Person = Awaited<ReturnType<typeof addUser>>;

/** What a person does on the web. */
export const auditContextOf = ({ id, email, role }: Person): UserAuditContext => ({
  actor: { type: 'user', id, label: email, role },
  origin: WEB,
});

/** Signs a person in, who must not fail. */
export async function signInAs(db: Db, { email }: Person, password = PASSWORD): Promise<SessionClaims> {
  const outcome = await signIn(db, { email, password, origin: WEB });
  if (!outcome.ok) throw new Error(`sign-in of ${email} failed: ${outcome.detail}`);
  return outcome.value;
}

/** Whether a copy of the cookie still opens the door. */
export async function isStillSignedIn(db: Db, copied: SessionClaims): Promise<CurrentUser | null> {
  return loadSession(db, copied);
}

/** Actions, outcomes and reasons of the log, oldest first. */
export async function auditTrail(db: Db): Promise<string[]> {
  const rows = await db.auditEvent.findMany({
    select: { action: true, outcome: true, reason: true },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(({ action, outcome, reason }) => [action, outcome, reason].filter(Boolean).join(' '));
}
