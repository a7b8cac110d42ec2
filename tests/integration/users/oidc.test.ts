import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEV_ADMIN_EMAIL, signInDevAdmin } from '#lib/users/dev-admin.ts';
import { signInWithOidc } from '#lib/users/oidc.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { addPerson, auditTrail, stillIn, WEB } from './people.ts';

let database: TestDatabase;
beforeEach(async () => void (database = await freshDatabase()));
afterEach(() => database[Symbol.asyncDispose]());

const ISSUER = 'https://id.example.org';
const ANN = { iss: ISSUER, sub: 's-1', email: 'ann@example.org', email_verified: true };
const come = (claims: Record<string, unknown> = {}) => signInWithOidc(database.db, { ...ANN, ...claims }, WEB);

test('the first sign-in links an existing person by verified e-mail, the next ones go by the link even under another e-mail', async () => {
  const ann = await addPerson(database.db, 'ann');
  expect(await come({ email: 'ANN@example.org' })).toMatchObject({ ok: true, value: { userId: ann.id } });
  const again = await come({ email: 'ann.married@example.org', email_verified: false });
  if (!again.ok) throw new Error(again.detail);
  expect(await stillIn(database.db, again.value)).toMatchObject({ id: ann.id });
  expect((await auditTrail(database.db)).sort()).toEqual([
    'auth.sign_in success',
    'auth.sign_in success',
    'user.identity_linked success',
  ]);
});

test('an account is never made here, and an address the provider did not verify proves nothing', async () => {
  await addPerson(database.db, 'ann');
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
  await addPerson(database.db, 'ann');
  await come();
  expect(await come({ sub: 's-2' })).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await auditTrail(database.db)).toContain('auth.sign_in failure identity_conflict');
});

test('an equal subject of another issuer is somebody else, and does not enter the linked account', async () => {
  const ann = await addPerson(database.db, 'ann');
  await come();
  const elsewhere = await come({ iss: 'https://evil.example', email: 'mallory@example.org' });
  expect(elsewhere).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await database.db.identity.findMany()).toMatchObject([{ provider: ISSUER, subject: 's-1', userId: ann.id }]);
});

test('a link of before the issuer was kept opens nothing by its subject alone, and gets the issuer with the verified e-mail', async () => {
  const ann = await addPerson(database.db, 'ann');
  await database.db.identity.create({ data: { provider: 'oidc', subject: 's-1', userId: ann.id } });
  expect((await come({ email: 'mallory@example.org' })).ok).toBe(false);
  expect((await come({ email_verified: false })).ok).toBe(false);
  expect((await come({ sub: 's-2' })).ok).toBe(false);
  expect((await come()).ok).toBe(true);
  expect(await database.db.identity.findMany()).toMatchObject([{ provider: ISSUER, subject: 's-1' }]);
});

test('“true” as a text is verified, and a linked person needs no address at all', async () => {
  await addPerson(database.db, 'ann');
  expect((await come({ email_verified: 'false' })).ok).toBe(false);
  expect((await come({ email_verified: 'true' })).ok).toBe(true);
  for (const email of [undefined, null, 7, 'nul\u0000@example.org'])
    expect((await come({ email, email_verified: undefined })).ok).toBe(true);
});

test('claims that name nobody are refused like every failure, and recorded', async () => {
  await addPerson(database.db, 'ann');
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
  const ann = await addPerson(database.db, 'ann');
  await come();
  await database.db.user.update({ where: { id: ann.id }, data: { disabledAt: new Date() } });
  expect((await come()).ok).toBe(false);
  await database.db.identity.deleteMany();
  expect((await come()).ok).toBe(false);
});

test('two first sign-ins at the same moment link once and both come in', async () => {
  await addPerson(database.db, 'ann');
  const outcomes = await Promise.all([come(), come(), come()]);
  expect(outcomes.every(({ ok }) => ok)).toBe(true);
  expect(await database.db.identity.count()).toBe(1);
});

test('the development admin does not exist unless the environment asks for it', async () => {
  expect(await signInDevAdmin(database.db, WEB)).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(await database.db.user.count({ where: { email: DEV_ADMIN_EMAIL } })).toBe(0);
});
