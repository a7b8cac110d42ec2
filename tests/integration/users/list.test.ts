import { afterAll, beforeAll, expect, test } from 'vitest';
import { getUser, listUsers, type UserFilter } from '#lib/users/list.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { addUser, signInAs } from './users.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  const createdAt = new Date('2026-01-01T00:00:00.000Z');
  // All in one millisecond: only the id can tell them apart.
  await database.db.user.createMany({
    data: Array.from({ length: 25 }, (_, index) => ({
      email: `p${index}@example.org`,
      name: `Person ${index}`,
      createdAt,
    })),
  });
  await database.db.user.createMany({
    data: [
      { email: 'percent@example.org', name: '100% Pat' },
      { email: 'under_score@example.org', name: 'Back\\slash' },
      { email: 'off@example.org', name: 'Off', role: 'auditor', disabledAt: createdAt },
    ],
  });
});
afterAll(() => database[Symbol.asyncDispose]());

async function emails(filter: UserFilter) {
  const page = await listUsers(database.db, filter);
  return page.ok ? page.value.users.map(({ email }) => email) : page.code;
}

test('pages neither repeat nor skip anyone, also when all came in the same millisecond', async () => {
  const met: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listUsers(database.db, { cursor, limit: 7 });
    if (!page.ok) throw new Error(page.detail);
    met.push(...page.value.users.map(({ id }) => id));
    cursor = page.value.nextCursor ?? undefined;
  } while (cursor);
  expect(met).toHaveLength(28);
  expect(new Set(met).size).toBe(28);
});

test('a search finds parts of name and e-mail in any case, and takes LIKE’s wildcards as themselves', async () => {
  expect(await emails({ search: 'PERSON 7' })).toEqual(['p7@example.org']);
  expect(await emails({ search: '%' })).toEqual(['percent@example.org']);
  expect(await emails({ search: '_' })).toEqual(['under_score@example.org']);
  expect(await emails({ search: '\\' })).toEqual(['under_score@example.org']);
});

test('a search for what no name can hold is refused, not an error of the database', async () => {
  for (const search of ['nul\u0000', 'a\u001bb', '\ud800']) expect(await emails({ search })).toBe('invalid_filter');
  expect(await emails({ search: ' \t' })).toHaveLength(28);
});

test('role and status narrow the list', async () => {
  expect(await emails({ status: 'disabled' })).toEqual(['off@example.org']);
  expect(await emails({ role: 'auditor', status: 'active' })).toEqual([]);
});

test('a cursor that is not ours is refused', async () => {
  for (const cursor of ['', 'x', Buffer.from('1.x').toString('base64url'), 'ä'.repeat(500)])
    expect(await listUsers(database.db, { cursor })).toMatchObject({ ok: false, code: 'invalid_cursor' });
});

test('a person is shown with whether they have a password and when they were last here, and never with the hash', async () => {
  const ann = await addUser(database.db, 'ann');
  expect(await getUser(database.db, ann.id)).toMatchObject({
    ok: true,
    value: { hasPassword: true, lastSeenAt: null },
  });
  await signInAs(database.db, ann);
  const shown = await getUser(database.db, ann.id);
  expect(shown).toMatchObject({ value: { lastSeenAt: expect.any(Date) as Date } });
  expect(JSON.stringify(shown)).not.toContain('argon2');
});
