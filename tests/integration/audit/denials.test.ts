import { expect, test } from 'vitest';
import { recordAccessDenied } from '#lib/audit/events/denials.ts';
import { freshDatabase } from '../../support/database.ts';
import { auditContextOf, addUser } from '../users/users.ts';

test('the first 200 denials of a user are separate events; further ones are coalesced, per user', async () => {
  await using database = await freshDatabase();
  const [ann, bob] = [await addUser(database.db, 'ann'), await addUser(database.db, 'bob')];
  const deny = (person: typeof ann) =>
    recordAccessDenied(database.db, { ...auditContextOf(person), permission: 'audit:read', path: '/audit' });
  for (let n = 0; n < 210; n++) await deny(ann);
  await deny(bob);
  const denials = (actorId: string) => database.db.auditEvent.count({ where: { action: 'access.denied', actorId } });
  expect([await denials(ann.id), await denials(bob.id)]).toEqual([200, 1]);
});
