/**
 * `node prisma/seed.ts`: the demo accounts, one for each role. Their passwords come from SEED_ADMIN_PASSWORD, SEED_AUDITOR_PASSWORD and
 * SEED_USER_PASSWORD, so none is ever built in. Running it again changes nothing but a password that differs; `--if-empty` leaves a
 * database with people of its own as it is. `--demo-events` also writes a month of history, when the log has none.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ROLES, type Role } from '#lib/access/permissions.ts';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import { openDb, type Db } from '#lib/db.ts';
import { migrateEnv } from '#lib/env.ts';
import type { Result } from '#lib/errors.ts';
import { createUserWithPassword, setPassword } from '#lib/users/create.ts';
import { verifyPassword } from '#lib/auth/password.ts';
import { emailOf, NOT_SEEDED, passwordVariable } from './demo-accounts.ts';
import { demoHistory } from './demo-history.ts';

const USAGE = `Usage: node prisma/seed.ts [--if-empty] [--demo-events]
  Adds admin@example.org, auditor@example.org and user@example.org with the passwords in
  SEED_ADMIN_PASSWORD, SEED_AUDITOR_PASSWORD and SEED_USER_PASSWORD.
  --if-empty      changes nothing in a database that has people, unless its demo accounts have these passwords
  --demo-events   also writes a month of audit history, once
  Exit codes: 0 done, 1 failed, 2 wrong usage, ${NOT_SEEDED} the database has people: not seeded`;

const NAMES: Record<Role, string> = { admin: 'Ada Admin', auditor: 'Otto Auditor', user: 'Uma User' };
const AUDIT_CONTEXT: AuditContext = { actor: { type: 'system', id: 'seed', label: 'seed' }, origin: { source: 'cli' } };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'if-empty': { type: 'boolean', default: false },
      'demo-events': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return finish(USAGE, 0);
  const missing = ROLES.filter((role) => !process.env[passwordVariable(role)]).map(passwordVariable);
  if (missing.length > 0) return finish(`seed: set ${missing.join(', ')}, the passwords of the demo accounts`, 2);
  const { DATABASE_URL, DATABASE_CA_CERT } = migrateEnv();
  const db = openDb(DATABASE_URL, { max: 2, caCert: DATABASE_CA_CERT });
  try {
    const passwordOf = (role: Role) => process.env[passwordVariable(role)] ?? '';
    if (values['if-empty'] && (await hasOtherUsers(db, passwordOf)))
      return finish('the database has people: not seeded', NOT_SEEDED);
    await seedUsers(db, passwordOf);
    if (values['demo-events']) console.log(`${await seedHistory(db)} events of history written`);
    return 0;
  } finally {
    await db.$disconnect();
  }
}

/** Whether a database has people, and no demo accounts among them or some with other passwords. */
export async function hasOtherUsers(db: Db, passwordOf: (role: Role) => string): Promise<boolean> {
  const demo = await db.user.findMany({
    where: { email: { in: ROLES.map(emailOf) } },
    select: { email: true, passwordHash: true },
  });
  if (demo.length === 0) return (await db.user.findFirst({ select: { id: true } })) !== null;
  for (const role of ROLES) {
    const user = demo.find(({ email }) => email === emailOf(role));
    if (user && !(await verifyPassword(user.passwordHash, passwordOf(role)))) return true;
  }
  return false;
}

/** Makes the three demo accounts what they should be. */
export async function seedUsers(db: Db, passwordOf: (role: Role) => string): Promise<void> {
  for (const role of ROLES) {
    const email = emailOf(role);
    const password = passwordOf(role);
    const user = await db.user.findUnique({ where: { email }, select: { id: true, passwordHash: true } });
    if (!user) assertOk(await createUserWithPassword(db, AUDIT_CONTEXT, { email, name: NAMES[role], role, password }));
    else if (!(await verifyPassword(user.passwordHash, password)))
      assertOk(await setPassword(db, AUDIT_CONTEXT, user.id, password));
  }
}

/** Writes the history unless it is there. Resolves to the number of events. */
export async function seedHistory(db: Db, now = new Date()): Promise<number> {
  const yesterday = new Date(now.getTime() - 24 * 60 * 60_000);
  if (await db.auditEvent.findFirst({ where: { createdAt: { lt: yesterday } }, select: { id: true } })) return 0;
  const people = await db.user.findMany({
    where: { email: { in: ROLES.map(emailOf) } },
    select: { id: true, email: true, role: true },
  });
  const rows = demoHistory(people, now);
  await db.auditEvent.createMany({ data: rows });
  return rows.length;
}

function assertOk(outcome: Result<unknown>): void {
  if (!outcome.ok) throw new Error(outcome.detail);
}

function finish(line: string, code: number): number {
  (code === 0 ? console.log : console.error)(line);
  return code;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = await main().catch(({ message, code }: NodeJS.ErrnoException) =>
    finish(`seed: ${message}`, code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1),
  );
