/** `npm run admin:create`: creates an admin from the command line; needed for the first one. */
import { text } from 'node:stream/consumers';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import { openDb, type Db } from '#lib/db.ts';
import { commandEnv } from '#lib/env.ts';
import { ok, type Result } from '#lib/errors.ts';
import { changeRole, createResetLink, enableUser } from '#lib/users/admin.ts';
import { createUser, createUserWithPassword, setPassword, type NewUser } from '#lib/users/create.ts';
import { normalizeEmail } from '#lib/users/email.ts';
import { checkPasswordStrength } from '#lib/auth/password.ts';
import type { ResetLink } from '#lib/auth/reset.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `Usage: npm run admin:create -- --email E [--name N] [--password-stdin] [--existing]
  Adds an admin and prints a link, good for one day and one use, with which they choose a password.
  --name N           name to show; the e-mail unless given
  --password-stdin   take the password from standard input instead of making a link
  --existing         the person is here already: make them an active admin again, as when the last admin lost the password
  Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused`;

const AUDIT_CONTEXT: AuditContext = {
  actor: { type: 'system', id: 'cli', label: 'admin:create' },
  origin: { source: 'cli' },
};

interface Request {
  user: NewUser;
  password: string | undefined;
  existing: boolean;
}

const OPTIONS = {
  email: { type: 'string' },
  name: { type: 'string' },
  'password-stdin': { type: 'boolean', default: false },
  existing: { type: 'boolean', default: false },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  if (!values.email) throw new WrongUsage('--email is missing');
  const { DATABASE_URL, DATABASE_CA_CERT, NEXTAUTH_URL, PORT } = commandEnv();
  const request: Request = {
    user: { email: values.email, name: values.name ?? values.email, role: 'admin' },
    password: values['password-stdin'] ? (await text(process.stdin)).replace(/\r?\n$/, '') : undefined,
    existing: values.existing,
  };
  const db = openDb(DATABASE_URL, { max: 2, caCert: DATABASE_CA_CERT });
  try {
    const outcome = await (request.existing ? promote(db, request) : add(db, request));
    if (!outcome.ok) return finish(`admin:create: ${outcome.detail}${fieldsOf(outcome.extra)}`, 3);
    if (!outcome.value) return finish(`${normalizeEmail(values.email)} is an admin with the password you gave.`, 0);
    const { token, expiresAt } = outcome.value;
    return finish(
      `${NEXTAUTH_URL ?? `http://localhost:${PORT}`}/reset/${token}\nGood for one use until ${expiresAt.toISOString()}.`,
      0,
    );
  } finally {
    await db.$disconnect();
  }
}

/** Resolves to the reset link, or to undefined when a password was given. */
async function add(db: Db, { user, password }: Request): Promise<Result<ResetLink | undefined>> {
  if (password !== undefined)
    return orExisting(await createUserWithPassword(db, AUDIT_CONTEXT, { ...user, password }), () => undefined);
  return orExisting(await createUser(db, AUDIT_CONTEXT, user), ({ reset }) => reset);
}

function orExisting<T, U>(outcome: Result<T>, pick: (value: T) => U): Result<U> {
  if (outcome.ok) return ok(pick(outcome.value));
  if (outcome.code !== 'email_taken') return outcome;
  return { ...outcome, detail: `${outcome.detail} --existing makes them an active admin.` };
}

async function promote(db: Db, { user, password }: Request): Promise<Result<ResetLink | undefined>> {
  const found = await db.user.findUnique({ where: { email: normalizeEmail(user.email) }, select: { id: true } });
  const id = found?.id ?? '';
  // Checked before any change: exit code "refused" means that nothing was changed.
  const strength = password === undefined ? ok(undefined) : checkPasswordStrength(password, user);
  if (!strength.ok) return strength;
  const enabled = await enableUser(db, AUDIT_CONTEXT, id);
  if (!enabled.ok) return enabled;
  const promoted = await changeRole(db, AUDIT_CONTEXT, id, 'admin');
  if (!promoted.ok) return promoted;
  if (password === undefined) return createResetLink(db, AUDIT_CONTEXT, id);
  const set = await setPassword(db, AUDIT_CONTEXT, id, password);
  return set.ok ? ok(undefined) : set;
}

function fieldsOf(extra: Record<string, unknown> | undefined): string {
  const errors = (extra?.errors ?? []) as { detail: string }[];
  return errors.map(({ detail }) => ` ${detail}`).join('');
}

function finish(line: string, code: number): number {
  (code === 0 ? console.log : console.error)(line);
  return code;
}

await runCommand({ name: 'admin:create', usage: USAGE, options: OPTIONS }, main);
