import type { Role } from '../access/permissions.ts';
import type { AuditContext } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db, Tx } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { isName } from '../text.ts';
import { isEmail, normalizeEmail } from './email.ts';
import { lockAdmins, denyFormerAdmin, withTargetUser } from './user-locks.ts';
import { targetOf, type UserAccount } from './sign-in-outcome.ts';
import { checkPasswordStrength, hashPassword } from '../auth/password.ts';
import { issueResetLink, type ResetLink } from '../auth/reset.ts';
import { endAllSessions } from '../auth/session.ts';

const MAX_NAME = 120;

export interface NewUser {
  email: string;
  name: string;
  role: Role;
}

type Added = Pick<UserAccount, 'id' | 'email'>;

/** Creates a user and a link to set their password. Fails with `invalid_input` (`extra.errors` with pointers) or `email_taken`. */
export function createUser(
  db: Db,
  context: AuditContext,
  user: NewUser,
): Promise<Result<{ id: string; reset: ResetLink }>> {
  return insert(db, context, user, null, async (tx, added) => ({
    id: added.id,
    reset: await recordResetLink(tx, context, added),
  }));
}

/** Creates a user with a password, for the command line. Fails like `createUser`, or with `weak_password`. */
export async function createUserWithPassword(
  db: Db,
  context: AuditContext,
  { password, ...user }: NewUser & { password: string },
): Promise<Result<{ id: string }>> {
  const strength = checkPasswordStrength(password, user);
  if (!strength.ok) return strength;
  return insert(db, context, user, await hashPassword(password), (_tx, { id }) => Promise.resolve({ id }));
}

/**
 * Sets a user's password from the command line and ends their sessions and unused links. A throttling wait remains, at most 15 minutes: the
 * command lacks the secret of its bucket. A reset link clears it.
 */
export async function setPassword(db: Db, context: AuditContext, id: string, password: string): Promise<Result<void>> {
  const passwordHash = await hashPassword(password);
  return withTargetUser(db, context, id, async (tx, user) => {
    const strength = checkPasswordStrength(password, user);
    if (!strength.ok) return strength;
    await tx.user.update({ where: { id }, data: { passwordHash } });
    await tx.passwordReset.deleteMany({ where: { userId: id, usedAt: null } });
    await endAllSessions(tx, id);
    await recordAudit(tx, {
      action: 'auth.password_reset',
      outcome: 'success',
      ...context,
      target: targetOf(user),
      metadata: {},
    });
    return ok(undefined);
  });
}

/** Creates and records a reset link in the caller's transaction. */
export async function recordResetLink(tx: Tx, context: AuditContext, user: Added): Promise<ResetLink> {
  const link = await issueResetLink(tx, user.id, context.actor.type === 'user' ? context.actor.id : null);
  await recordAudit(tx, {
    action: 'user.reset_link_created',
    outcome: 'success',
    ...context,
    target: targetOf(user),
    metadata: { expiresAt: link.expiresAt.toISOString() },
  });
  return link;
}

async function insert<T>(
  db: Db,
  context: AuditContext,
  { email, name, role }: NewUser,
  passwordHash: string | null,
  then: (tx: Tx, added: Added) => Promise<T>,
): Promise<Result<T>> {
  const data = { email: normalizeEmail(email), name: name.trim(), role, passwordHash };
  const errors = invalidFields(data);
  if (errors.length > 0) return fail('invalid_input', 'Some fields cannot be accepted.', { errors });
  return db.$transaction(async (tx) => {
    if (!(await lockAdmins(tx, context)).mayAct) return denyFormerAdmin(tx, context);
    const [added] = await tx.user.createManyAndReturn({
      data,
      skipDuplicates: true,
      select: { id: true, email: true },
    });
    const event = { action: 'user.created', ...context, metadata: { role } } as const;
    if (!added) {
      await recordAudit(tx, { ...event, outcome: 'failure', reason: 'email_taken' });
      return fail('email_taken', 'Somebody with this e-mail address already exists.', {
        errors: [{ pointer: '#/email', detail: 'belongs to somebody else' }],
      });
    }
    await recordAudit(tx, { ...event, outcome: 'success', target: targetOf(added) });
    return ok(await then(tx, added));
  });
}

function invalidFields({ email, name }: { email: string; name: string }) {
  return [
    ...(isEmail(email) ? [] : [{ pointer: '#/email', detail: 'Give an e-mail address.' }]),
    ...(name !== '' && name.length <= MAX_NAME && isName(name)
      ? []
      : [
          {
            pointer: '#/name',
            detail: `Give a name of at most ${MAX_NAME} characters, all of which can be seen: no control or zero-width characters, none that turn the text around.`,
          },
        ]),
  ];
}
