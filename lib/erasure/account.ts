import type { Tx } from '../db.ts';
import { ERASED } from '../audit/proof/commitment.ts';
import { mentionsOf } from './mentions.ts';
import type { Person } from './person.ts';

/** Closes a person's account and empties it: the row stays, since events name its id. */
export async function eraseAccount(tx: Tx, id: string): Promise<void> {
  await tx.session.deleteMany({ where: { userId: id } });
  await tx.identity.deleteMany({ where: { userId: id } });
  await tx.passwordReset.deleteMany({ where: { userId: id } });
  await tx.user.update({
    where: { id },
    data: {
      // RFC 2606: belongs to nobody, and differs from every other address.
      email: `${ERASED}-${id}@erased.invalid`,
      name: ERASED,
      passwordHash: null,
      disabledAt: new Date(),
      sessionVersion: { increment: 1 },
    },
  });
}

/** Erases a person from the texts of legal holds that were released. Those in force refuse the erasure, where they cover the person. */
export async function eraseFromHolds(tx: Tx, person: Person): Promise<number> {
  const mentioned = mentionsOf(person);
  const holds = await tx.auditHold.findMany({ select: { id: true, reason: true, actorId: true, targetId: true } });
  const about = holds.filter((hold) =>
    [hold.reason, hold.actorId, hold.targetId].some((text) => mentioned(text ?? '')),
  );
  const without = (text: string | null) => (text !== null && mentioned(text) ? ERASED : text);
  for (const { id, reason, actorId, targetId } of about)
    await tx.auditHold.update({
      where: { id },
      data: { reason: without(reason) ?? ERASED, actorId: without(actorId), targetId: without(targetId) },
    });
  return about.length;
}
