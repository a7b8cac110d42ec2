import type { Db } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { isUuid } from '../ids.ts';

/** Who is to be erased, and what that person is known by. */
export interface Person {
  /** As events name the person: a user's id, or `AGENT:ID` of somebody an agent has named. */
  id: string;
  /** The account, if there is one still. */
  account: { id: string; role: string; disabledAt: Date | null } | null;
  /** Texts that are the person wherever they stand: addresses, names and labels. */
  names: string[];
  /** IP addresses that the person acted from, in sessions and events. */
  ips: string[];
}

/** Shorter texts stand in too many others to mean this person. */
const SHORTEST_NAME = 3;

/**
 * Finds out what a person is known by.
 * @param id a user's id, or the actor id of somebody whom an agent named.
 * @returns `not_found` when there is no account and no event with this id.
 */
export async function findPerson(db: Db, id: string): Promise<Result<Person>> {
  const account = isUuid(id)
    ? await db.user.findUnique({
        where: { id: id.toLowerCase() },
        select: { id: true, email: true, name: true, role: true, disabledAt: true, sessions: { select: { ip: true } } },
      })
    : null;
  const [acted, concerned] = await Promise.all([
    db.auditEvent.findMany({
      where: { actorId: id },
      distinct: ['actorLabel', 'ip'],
      select: { actorLabel: true, ip: true, source: true },
    }),
    db.auditEvent.findMany({ where: { targetId: id }, distinct: ['targetLabel'], select: { targetLabel: true } }),
  ]);
  if (account === null && acted.length === 0 && concerned.length === 0)
    return fail('not_found', `nobody has the id ${id}, and no event names it`);
  const names = [
    account?.email,
    account?.name,
    ...acted.map(({ actorLabel }) => actorLabel),
    ...concerned.map(({ targetLabel }) => targetLabel),
    ...(isUuid(id) ? [] : [id, id.slice(id.indexOf(':') + 1)]),
  ];
  // The address of an agent is that of its machine.
  const ips = [
    ...acted.filter(({ source }) => source !== 'agent').map(({ ip }) => ip),
    ...(account?.sessions ?? []).map(({ ip }) => ip),
  ];
  return ok({
    id: account?.id ?? id,
    account: account && { id: account.id, role: account.role, disabledAt: account.disabledAt },
    names: distinct(names).filter((name) => name.length >= SHORTEST_NAME),
    ips: distinct(ips),
  });
}

const distinct = (texts: (string | null | undefined)[]): string[] =>
  [...new Set(texts.filter((text) => text !== null && text !== undefined && text !== ''))] as string[];
