import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Prisma } from '#lib/db.ts';
import { listSessions, loadSession, signOut, signOutEverywhere, type SessionClaims } from '#lib/auth/session.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { auditContextOf, addUser, auditTrail, signInAs, isStillSignedIn } from './users.ts';

let database: TestDatabase;
let ann: Awaited<ReturnType<typeof addUser>>;
let session: SessionClaims;
beforeEach(async () => {
  database = await freshDatabase();
  ann = await addUser(database.db, 'ann');
  session = await signInAs(database.db, ann);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await database[Symbol.asyncDispose]();
});

const MINUTE = 60_000;
const IDLE = 60;
const ABSOLUTE = 12 * 60;
const after = (minutes: number) => new Date(session.authTime + minutes * MINUTE);
const load = (minutes: number) => loadSession(database.db, session, after(minutes));
const seen = async () => (await database.db.session.findFirstOrThrow()).lastSeenAt.getTime();

test('an idle session ends after an hour; one in use goes on', async () => {
  expect(await load(IDLE - 1)).not.toBeNull();
  expect(await load(2 * IDLE - 2)).not.toBeNull();
  expect(await load(3 * IDLE - 2)).toBeNull();
});

test('a session in constant use ends twelve hours after the sign-in all the same', async () => {
  for (let minute = 30; minute < ABSOLUTE; minute += 30) expect(await load(minute), `minute ${minute}`).not.toBeNull();
  expect(await load(ABSOLUTE)).toBeNull();
});

test('a token that claims a later sign-in does not live longer than its row', async () => {
  for (let minute = 30; minute < ABSOLUTE; minute += 30) await load(minute);
  const forged = { ...session, authTime: after(ABSOLUTE - 1).getTime() };
  expect(await loadSession(database.db, forged, after(ABSOLUTE))).toBeNull();
});

test('a request costs one query, and at most one write a minute', async () => {
  await load(0.5);
  expect(await seen()).toBe(session.authTime);
  await load(2);
  expect(await seen()).toBe(after(2).getTime());
});

test('the shortest idle limit does not end a session that is in use', async () => {
  vi.stubEnv('SESSION_IDLE_MINUTES', '1');
  vi.resetModules();
  const strict = await import('#lib/auth/session.ts');
  const loadStrictly = (minutes: number) => strict.loadSession(database.db, session, after(minutes));
  for (const minutes of [0.6, 1.2, 1.8]) expect(await loadStrictly(minutes), `minute ${minutes}`).not.toBeNull();
  expect(await loadStrictly(2.8)).toBeNull();
});

test('a token that names nothing real is nobody, and never an error', async () => {
  const other = await addUser(database.db, 'other');
  for (const claims of [
    { ...session, userId: other.id },
    { ...session, userId: 'x' },
    { ...session, sessionId: 'x' },
    { ...session, sessionId: other.id },
    { ...session, sessionVersion: 2 },
    { ...session, sessionVersion: 1.5 },
    { ...session, sessionVersion: 2 ** 40 },
    { ...session, authTime: Number.NaN },
  ])
    expect(await loadSession(database.db, claims)).toBeNull();
});

test('nobody can end another person’s session by its id', async () => {
  const other = await addUser(database.db, 'other');
  await signOut(database.db, auditContextOf(other), session.sessionId);
  expect(await isStillSignedIn(database.db, session)).not.toBeNull();
});

test('signing out twice is recorded once; the list shows what is open', async () => {
  const second = await signInAs(database.db, ann);
  expect(await listSessions(database.db, ann.id)).toMatchObject([{ id: second.sessionId }, { id: session.sessionId }]);
  for (let index = 0; index < 2; index++) await signOut(database.db, auditContextOf(ann), session.sessionId);
  expect(await listSessions(database.db, ann.id)).toMatchObject([{ id: second.sessionId }]);
  await signOutEverywhere(database.db, auditContextOf(ann));
  expect(await listSessions(database.db, ann.id)).toEqual([]);
  expect(await auditTrail(database.db)).toEqual([
    'auth.sign_in success',
    'auth.sign_in success',
    'auth.sign_out success',
    'auth.sign_out_everywhere success',
  ]);
});

test('a role is read fresh: what the table says now is what a request gets', async () => {
  await database.db.$executeRaw(
    Prisma.sql`UPDATE "User" SET role = 'auditor', name = 'Ann B' WHERE id = ${ann.id}::uuid`,
  );
  expect(await isStillSignedIn(database.db, session)).toMatchObject({ role: 'auditor', name: 'Ann B' });
});
