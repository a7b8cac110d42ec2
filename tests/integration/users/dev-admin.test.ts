import { expect, test, vi } from 'vitest';
import { signInDevAdmin } from '#lib/auth/dev-admin.ts';
import { freshDatabase } from '../../support/database.ts';
import { auditTrail, isStillSignedIn, WEB } from './users.ts';

// Before anything reads the environment: it is parsed once.
vi.hoisted(() => void (process.env.DEV_ADMIN = 'true'));

test('where the environment asks for it, one click makes and signs in the development admin, and both stand in the log', async () => {
  await using database = await freshDatabase();
  for (let index = 0; index < 2; index++) {
    const outcome = await signInDevAdmin(database.db, WEB);
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(await isStillSignedIn(database.db, outcome.value)).toMatchObject({ role: 'admin', hasPassword: false });
  }
  expect(await auditTrail(database.db)).toEqual([
    'user.created success',
    'auth.sign_in success',
    'auth.sign_in success',
  ]);
});
