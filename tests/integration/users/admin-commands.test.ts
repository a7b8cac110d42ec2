import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkResetToken, resetPassword } from '#lib/auth/reset.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { addUser, auditTrail, signInAs, PASSWORD, WEB } from './users.ts';

let database: TestDatabase;
beforeEach(async () => void (database = await freshDatabase()));
afterEach(() => database[Symbol.asyncDispose]());

const run = (verb: 'create' | 'list', args: string[] = [], input = '') =>
  command('node', [`scripts/admin/${verb}.ts`, ...args], {
    env: { DATABASE_URL: database.appUrl, NEXTAUTH_URL: 'https://app.example.org' },
    input,
  });

test('the first admin of an empty installation: a link, a password, a sign-in', async () => {
  const { code, stdout } = await run('create', ['--email', 'Root@Example.org', '--name', 'Root']);
  expect(code).toBe(0);
  const token = /^https:\/\/app\.example\.org\/reset\/([\w-]{43})$/m.exec(stdout)?.[1] ?? '';
  expect(await resetPassword(database.db, { token, password: PASSWORD, origin: WEB })).toMatchObject({ ok: true });
  const root = await database.db.user.findUniqueOrThrow({ where: { email: 'root@example.org' } });
  expect(root).toMatchObject({ role: 'admin', name: 'Root' });
  await signInAs(database.db, root);
  expect(await database.db.auditEvent.findFirst({ where: { action: 'user.created' } })).toMatchObject({
    actorType: 'system',
    actorId: 'cli',
    source: 'cli',
    targetId: root.id,
  });
});

test('a password from standard input is never an argument, never printed, and a weak one is refused', async () => {
  const made = await run('create', ['--email', 'root@example.org', '--password-stdin'], `${PASSWORD}\n`);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).not.toContain(PASSWORD);
  await signInAs(database.db, await database.db.user.findUniqueOrThrow({ where: { email: 'root@example.org' } }));
  expect(await run('create', ['--email', 'b@example.org', '--password-stdin'], 'short\n')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('at least 12') as string,
  });
});

test('who is here already is refused, and made an active admin again only when asked for', async () => {
  const ann = await addUser(database.db, 'ann');
  await database.db.user.update({ where: { id: ann.id }, data: { disabledAt: new Date() } });
  const refused = await run('create', ['--email', ann.email]);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('--existing');
  expect(await run('create', ['--email', ann.email, '--existing'])).toMatchObject({ code: 0 });
  expect(await database.db.user.findUnique({ where: { id: ann.id } })).toMatchObject({
    role: 'admin',
    disabledAt: null,
  });
  expect(await auditTrail(database.db)).toEqual([
    'user.created failure email_taken',
    'user.enabled success',
    'user.role_changed success',
    'user.reset_link_created success',
  ]);
  expect(await run('create', ['--email', 'nobody@example.org', '--existing'])).toMatchObject({ code: 3 });
});

test('a weak password for an existing user is rejected before any change', async () => {
  const ann = await addUser(database.db, 'ann');
  await database.db.user.update({ where: { id: ann.id }, data: { disabledAt: new Date() } });
  const before = await database.db.user.findUnique({ where: { id: ann.id } });
  const refused = await run('create', ['--email', ann.email, '--existing', '--password-stdin'], 'short\n');
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('at least 12') as string });
  expect(await database.db.user.findUnique({ where: { id: ann.id } })).toEqual(before);
  expect(await auditTrail(database.db)).toEqual([]);
});

test('a password set from the command line ends the links made before, which could undo it', async () => {
  const ann = await addUser(database.db, 'ann');
  const link = await run('create', ['--email', ann.email, '--existing']);
  const token = /\/reset\/([\w-]{43})$/m.exec(link.stdout)?.[1] ?? '';
  expect((await checkResetToken(database.db, token)).ok).toBe(true);
  const next = 'amber glacier 17 compass';
  const set = await run('create', ['--email', ann.email, '--existing', '--password-stdin'], `${next}\n`);
  expect(set).toMatchObject({ code: 0, stderr: '' });
  expect((await checkResetToken(database.db, token)).ok).toBe(false);
  await signInAs(database.db, ann, next);
});

test('wrong usage, a bad address and an absent database are told apart', async () => {
  expect(await run('create')).toMatchObject({ code: 2 });
  expect(await run('create', ['--nonsense'])).toMatchObject({ code: 2 });
  expect(await run('create', ['--email', 'nope'])).toMatchObject({ code: 3 });
  const away = await command('node', ['scripts/admin/create.ts', '--email', 'a@example.org'], {
    env: { DATABASE_URL: 'postgres://x:hunter2hunter2@127.0.0.1:1/none' },
  });
  expect(away.code).toBe(1);
  expect(away.stderr.trim().split('\n')).toHaveLength(1);
  expect(away.stderr).not.toContain('hunter2');
});

test('the list of admins fails below two active ones and passes with two, disabled ones not counted', async () => {
  await addUser(database.db, 'root', 'admin');
  const gone = await addUser(database.db, 'gone', 'admin');
  await database.db.user.update({ where: { id: gone.id }, data: { disabledAt: new Date() } });
  const one = await run('list');
  expect(one).toMatchObject({ code: 1, stdout: expect.stringContaining('root@example.org') as string });
  expect(one.stderr).toContain('at least 2');
  await addUser(database.db, 'second', 'admin');
  const two = await run('list', ['--json']);
  expect(two.code).toBe(0);
  expect(JSON.parse(two.stdout)).toMatchObject({
    enough: true,
    atLeast: 2,
    admins: [{ email: 'second@example.org' }, { email: 'root@example.org' }],
  });
  expect(
    await command('node', ['scripts/admin/list.ts'], { env: { DATABASE_URL: 'postgres://x@127.0.0.1:1/x' } }),
  ).toMatchObject({
    code: 3,
  });
});
