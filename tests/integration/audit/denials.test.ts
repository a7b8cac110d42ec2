import { expect, test } from 'vitest';
import { recordAccessDenied } from '#lib/audit/events/denials.ts';
import { freshDatabase } from '../../support/database.ts';
import { actOf, addPerson } from '../users/users.ts';

test('two hundred denials of a person are events of their own; a script that goes on is counted, and nobody else’s are', async () => {
  await using database = await freshDatabase();
  const [ann, bob] = [await addPerson(database.db, 'ann'), await addPerson(database.db, 'bob')];
  const deny = (person: typeof ann) =>
    recordAccessDenied(database.db, { ...actOf(person), permission: 'audit:read', path: '/audit' });
  for (let n = 0; n < 210; n++) await deny(ann);
  await deny(bob);
  const denials = (actorId: string) => database.db.auditEvent.count({ where: { action: 'access.denied', actorId } });
  expect([await denials(ann.id), await denials(bob.id)]).toEqual([200, 1]);
});
