import { expect, test } from 'vitest';
import type { Role } from '#lib/access/permissions.ts';
import { signIn } from '#lib/auth/sign-in.ts';
import { emailOf, NOT_SEEDED, passwordVariable } from '#prisma/demo-accounts.ts';
import { hasOtherUsers, seedUsers } from '#prisma/seed.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

const PASSWORDS = {
  SEED_ADMIN_PASSWORD: 'cobalt meadow 31 anchors',
  SEED_AUDITOR_PASSWORD: 'russet canyon 58 ribbons',
  SEED_USER_PASSWORD: 'silver thicket 73 kettles',
};

const seed = ({ appUrl }: TestDatabase, env: Record<string, string>, ...args: string[]) =>
  command('node', ['prisma/seed.ts', ...args], { env: { DATABASE_URL: appUrl, ...env } });

const attempt = async ({ db }: TestDatabase, email: string, password: string) =>
  (await signIn(db, { email, password, origin: { source: 'web' } })).ok;

test('the seed creates one account per role, is idempotent, and updates passwords', async () => {
  await using database = await freshDatabase();
  for (let run = 0; run < 2; run++) expect(await seed(database, PASSWORDS)).toMatchObject({ code: 0, stderr: '' });
  const people = await database.db.user.findMany({ select: { email: true, role: true }, orderBy: { email: 'asc' } });
  expect(people).toEqual(['admin', 'auditor', 'user'].map((role) => ({ email: `${role}@example.org`, role })));
  expect(await database.db.auditEvent.count({ where: { action: 'user.created' } })).toBe(3);
  expect(await database.db.auditEvent.count()).toBe(3);

  expect(await attempt(database, 'user@example.org', PASSWORDS.SEED_USER_PASSWORD)).toBe(true);
  const next = 'golden estuary 90 lockets';
  expect(await seed(database, { ...PASSWORDS, SEED_USER_PASSWORD: next })).toMatchObject({ code: 0 });
  expect(await attempt(database, 'user@example.org', PASSWORDS.SEED_USER_PASSWORD)).toBe(false);
  expect(await attempt(database, 'user@example.org', next)).toBe(true);
});

test('--if-empty does not change a database with users', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const passwordOf = (role: Role) => PASSWORDS[passwordVariable(role) as keyof typeof PASSWORDS];
  expect(await hasOtherUsers(db, passwordOf)).toBe(false);
  await seedUsers(db, passwordOf);
  expect(await hasOtherUsers(db, passwordOf)).toBe(false);
  expect(await hasOtherUsers(db, (role) => `${passwordOf(role)}, of another`)).toBe(true);
  await execute(database.ownerUrl, `DELETE FROM "User" WHERE email = '${emailOf('user')}'`);
  expect(await hasOtherUsers(db, passwordOf)).toBe(false);

  await execute(database.ownerUrl, `DELETE FROM "User" WHERE role = 'auditor'`);
  await db.user.updateMany({ data: { email: 'someone@example.org' } });
  const before = await Promise.all([db.user.findMany(), db.auditEvent.count()]);
  expect(await seed(database, PASSWORDS, '--if-empty', '--demo-events')).toMatchObject({
    code: NOT_SEEDED,
    stderr: 'the database has people: not seeded\n',
  });
  expect(await Promise.all([db.user.findMany(), db.auditEvent.count()])).toEqual(before);
});

test('the demo history is written once, and each of its events passes the catalogue', async () => {
  await using database = await freshDatabase();
  await seed(database, PASSWORDS, '--demo-events');
  const first = await database.db.auditEvent.count();
  expect(first).toBeGreaterThan(100);
  expect((await seed(database, PASSWORDS, '--demo-events')).stdout).toContain('0 events');
  expect(await database.db.auditEvent.count()).toBe(first);
});

test('the seed has no default passwords and reports missing variables', async () => {
  await using database = await freshDatabase();
  const { SEED_USER_PASSWORD, ...rest } = PASSWORDS;
  const refused = await seed(database, rest);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('SEED_USER_PASSWORD');
  const weak = await seed(database, { ...rest, SEED_USER_PASSWORD: 'short' });
  expect(weak.code).toBe(1);
  expect(weak.stderr).not.toContain(SEED_USER_PASSWORD);
  expect(await database.db.user.count({ where: { role: 'user' } })).toBe(0);
});
