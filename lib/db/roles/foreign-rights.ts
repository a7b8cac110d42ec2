import type { Client } from 'pg';
import { escapeIdentifier } from '../client.ts';
import type { AppRoles } from './grants.ts';
import { describeObject, heldRights, ownerOf, revokeSql, type HeldRight, type StrangerRight } from './held-rights.ts';
import { foreignMemberships } from './memberships.ts';

/**
 * What anybody beside the owner, the app and the administrators of the server holds: rights on schemas, tables, columns, sequences, routines and
 * types of ours, default privileges that would give one on what is made later, to the app's roles too, and memberships in our roles. Hosted
 * platforms grant such rights to roles of their own, which their public interface lets strangers use.
 */
export async function strangerRights(client: Client, roles: AppRoles): Promise<StrangerRight[]> {
  const ours: (string | null)[] = [roles.app, roles.web, roles.worker];
  const rights = await heldRights(client);
  const strange = rights.filter(
    ({ kind, grantee, administrator }) =>
      kind === 'future' || (!ours.includes(grantee) && !(kind === 'SCHEMA' && administrator)),
  );
  const owner = escapeIdentifier(await ownerOf(client));
  const groups = Map.groupBy(strange, (right) => `${describeObject(right)}: ${right.grantee ?? ''}`);
  const held = [...groups.values()].flatMap((group) => (group[0] ? [toStranger(group[0], group, owner)] : []));
  return [...held, ...(await foreignMemberships(client, roles))];
}

function toStranger(first: HeldRight, group: HeldRight[], owner: string): StrangerRight {
  const privileges = group.map(({ privilege }) => privilege);
  const grantee = first.grantee === null ? 'PUBLIC' : escapeIdentifier(first.grantee);
  return {
    object: describeObject(first),
    grantee: first.grantee ?? 'PUBLIC',
    privileges: privileges.join(', '),
    revoke: revokeSql(first, privileges, { owner, grantee }),
    harmless: first.kind === 'SCHEMA' && first.name === 'public' && privileges.join() === 'USAGE',
  };
}

/**
 * Takes all of them away, one after the other, as far as the current user may.
 * @param keepHarmless leaves what reaches nothing by itself.
 * @returns what was taken, and what is still there.
 */
export async function revokeStrangerRights(
  client: Client,
  roles: AppRoles,
  { keepHarmless = false } = {},
): Promise<{ taken: StrangerRight[]; left: StrangerRight[] }> {
  const wanted = (rights: StrangerRight[]) => rights.filter(({ harmless }) => !(harmless && keepHarmless));
  const found = wanted(await strangerRights(client, roles));
  // What one may not take away is an error for one kind and a mere warning for another: the catalogue is asked again instead.
  for (const { revoke } of found) await client.query(revoke).catch(() => undefined);
  const left = found.length === 0 ? [] : wanted(await strangerRights(client, roles));
  const remains = new Set(left.map(({ revoke }) => revoke));
  return { taken: found.filter(({ revoke }) => !remains.has(revoke)), left };
}
