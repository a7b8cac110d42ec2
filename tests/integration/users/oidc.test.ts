import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DEV_ADMIN_EMAIL, signInDevAdmin } from '#lib/auth/dev-admin.ts';
import * as environment from '#lib/env.ts';
import { signInWithOidc } from '#lib/auth/oidc.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { addUser, auditTrail, isStillSignedIn, WEB } from './users.ts';

let database: TestDatabase;
beforeEach(async () => void (database = await freshDatabase()));
afterEach(() => database[Symbol.asyncDispose]());

const ISSUER = 'https://id.example.org';
const ANN = { iss: ISSUER, sub: 's-1', email: 'ann@example.org', email_verified: true };
const come = (claims: Record<string, unknown> = {}) => signInWithOidc(database.db, { ...ANN, ...claims }, WEB);

test('the first sign-in links an existing person by verified e-mail, the next ones go by the link even under another e-mail', async () => {
  const ann = await addUser(database.db, 'ann');
  expect(await come({ email: 'ANN@example.org' })).toMatchObject({ ok: true, value: { userId: ann.id } });
  const again = await come({ email: 'ann.married@example.org', email_verified: false });
  if (!again.ok) throw new Error(again.detail);
  expect(await isStillSignedIn(database.db, again.value)).toMatchObject({ id: ann.id });
  expect((await auditTrail(database.db)).sort()).toEqual([
    'auth.sign_in success',
    'auth.sign_in success',
    'user.identity_linked success',
  ]);
});

test('an account is never made here, and an address the provider did not verify proves nothing', async () => {
  await addUser(database.db, 'ann');
  const refusals = [await come({ email: 'stranger@example.org' }), await come({ email_verified: false })];
  for (const refused of refusals) expect(refused).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await database.db.user.count()).toBe(1);
  expect(await database.db.identity.count()).toBe(0);
  expect(await auditTrail(database.db)).toEqual([
    'auth.sign_in failure unknown_user',
    'auth.sign_in failure email_unverified',
  ]);
});

test('somebody who was later given the same address at the provider does not inherit the account', async () => {
  await addUser(database.db, 'ann');
  await come();
  expect(await come({ sub: 's-2' })).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await auditTrail(database.db)).toContain('auth.sign_in failure identity_conflict');
});

test('an equal subject of another issuer is somebody else, and does not enter the linked account', async () => {
  const ann = await addUser(database.db, 'ann');
  await come();
  const elsewhere = await come({ iss: 'https://evil.example', email: 'mallory@example.org' });
  expect(elsewhere).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await database.db.identity.findMany()).toMatchObject([{ provider: ISSUER, subject: 's-1', userId: ann.id }]);
});

test('a link of before the issuer was kept opens nothing by its subject alone, and gets the issuer with the verified e-mail', async () => {
  const ann = await addUser(database.db, 'ann');
  await database.db.identity.create({ data: { provider: 'oidc', subject: 's-1', userId: ann.id } });
  expect((await come({ email: 'mallory@example.org' })).ok).toBe(false);
  expect((await come({ email_verified: false })).ok).toBe(false);
  expect((await come({ sub: 's-2' })).ok).toBe(false);
  expect((await come()).ok).toBe(true);
  expect(await database.db.identity.findMany()).toMatchObject([{ provider: ISSUER, subject: 's-1' }]);
});

test('“true” as a text is verified, and a linked person needs no address at all', async () => {
  await addUser(database.db, 'ann');
  expect((await come({ email_verified: 'false' })).ok).toBe(false);
  expect((await come({ email_verified: 'true' })).ok).toBe(true);
  for (const email of [undefined, null, 7, 'nul\u0000@example.org'])
    expect((await come({ email, email_verified: undefined })).ok).toBe(true);
});

test('claims that name nobody are refused like every failure, and recorded', async () => {
  await addUser(database.db, 'ann');
  const nameless = [{ sub: undefined }, { sub: '' }, { sub: 7 }, { iss: undefined }, { sub: 'nul\u0000' }];
  for (const claims of nameless) expect(await come(claims)).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect((await signInWithOidc(database.db, undefined, WEB)).ok).toBe(false);
  expect(await come({ email: 'nul\u0000@example.org' })).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await auditTrail(database.db)).toEqual([
    ...Array.from({ length: 6 }, () => 'auth.sign_in failure invalid_claims'),
    'auth.sign_in failure email_unverified',
  ]);
});

test('a disabled person is refused by either way in', async () => {
  const ann = await addUser(database.db, 'ann');
  await come();
  await database.db.user.update({ where: { id: ann.id }, data: { disabledAt: new Date() } });
  expect((await come()).ok).toBe(false);
  await execute(database.ownerUrl, 'DELETE FROM "Identity"');
  expect((await come()).ok).toBe(false);
});

test('two first sign-ins at the same moment link once and both come in', async () => {
  await addUser(database.db, 'ann');
  const outcomes = await Promise.all([come(), come(), come()]);
  expect(outcomes.every(({ ok }) => ok)).toBe(true);
  expect(await database.db.identity.count()).toBe(1);
});

test('the development admin does not exist unless the environment asks for it', async () => {
  expect(await signInDevAdmin(database.db, WEB)).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await database.db.user.count({ where: { email: DEV_ADMIN_EMAIL } })).toBe(0);
});

/** As of a JSON token: a claim that is absent has no key. */
function without(claims: object, ...names: string[]) {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
}

test('an absent email_verified keeps nobody out who is linked, whatever else the token leaves out', async () => {
  await addUser(database.db, 'ann');
  await come();
  for (const absent of [['email_verified'], ['email'], ['email', 'email_verified']])
    expect(await signInWithOidc(database.db, without(ANN, ...absent), WEB), absent.join()).toMatchObject({ ok: true });
});

test('an absent email_verified links nobody, unless the operator believes the provider; a false one never does', async () => {
  await addUser(database.db, 'ann');
  const silent = () => signInWithOidc(database.db, without(ANN, 'email_verified'), WEB);
  expect((await silent()).ok).toBe(false);
  const believed = vi
    .spyOn(environment, 'env')
    .mockReturnValue({ ...environment.env(), OIDC_ASSUME_EMAIL_VERIFIED: true });
  expect((await come({ email_verified: false })).ok).toBe(false);
  expect((await come({ email_verified: 'false' })).ok).toBe(false);
  expect((await silent()).ok).toBe(true);
  believed.mockRestore();
});

test.each([
  '\uff41nn@example.org',
  'ann@example\uff0eorg',
  '\u0430nn@example.org',
  'ann@ex\u0430mple.org',
  'ann@exam\u00adple.org',
  'ann\u200b@example.org',
  'ann@example.org ',
])('an address that only looks or folds like a person’s links nobody: %j', async (email) => {
  await addUser(database.db, 'ann');
  expect(await come({ email })).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await database.db.identity.count()).toBe(0);
});

test.each([
  ['ann+audit@example.org', 'ann+audit@example.org'],
  ['ivan@xn--e1afmkfd.xn--p1ai', 'ivan@xn--e1afmkfd.xn--p1ai'],
  ['ivan@xn--e1afmkfd.xn--p1ai', 'ivan@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444'],
  ['guest_example.com#ext#@tenant.onmicrosoft.com', 'guest_example.com#EXT#@tenant.onmicrosoft.com'],
])('a person with the address %s is linked by %s', async (stored, email) => {
  const person = await database.db.user.create({ data: { email: stored, name: 'Ivan', role: 'user' } });
  expect(await come({ email })).toMatchObject({ ok: true, value: { userId: person.id } });
});

test('whoever goes on failing at the provider cannot fill the log: the rest is counted', async () => {
  for (let n = 0; n < 30; n++) await come({ email: `stranger-${n}@example.org` });
  expect(await auditTrail(database.db)).toHaveLength(20);
});
