import { join } from 'node:path';
import type { Client } from 'pg';
import { openClient } from '../client.ts';
import { schemaDrift } from './drift.ts';
import type { StrangerRight } from '../roles/held-rights.ts';
import { POSTGRES_DIR } from '../migrations/files.ts';
import { postgresMigrationStates } from '../migrations/repeatable-migrations.ts';
import { prismaMigrationStates } from '../migrations/prisma-states.ts';
import { rightFaults } from '../roles/reconcile-rights.ts';
import { installationOf, type RoleSources } from '../roles/roles.ts';
import { configuredOtherwise, unpinned, type Ask, type AskConfigured } from '../sessions/check.ts';
import { sharedSessionFault } from '../sessions/shared.ts';
import { strangerRights } from '../roles/foreign-rights.ts';
import { structuralFlaws } from './structure.ts';

/** One thing that is not as this release wants it. */
export interface Finding {
  kind:
    | 'pending'
    | 'failed'
    | 'edited'
    | 'ahead'
    | 'index'
    | 'trigger'
    | 'drift'
    | 'role'
    | 'rights'
    | 'stranger'
    | 'session';
  name: string;
  detail: string;
}

export interface DatabaseStatus {
  /** Migrations of both halves that are applied as they stand in this release. */
  applied: number;
  findings: Finding[];
  /** What is named without being a fault. */
  notes: Finding[];
}

/**
 * Everything that distinguishes a database from what this release expects. While something is pending, missing structure, drift and missing
 * rights are its consequence and are not reported beside it; what strangers hold is reported always.
 * @param client as a role that may read both ledgers; `root` is the folder that holds prisma/; `sources` say whose the app's roles are.
 */
export async function databaseStatus(client: Client, root: string, sources: RoleSources): Promise<DatabaseStatus> {
  const states = [
    ...(await prismaMigrationStates(client, root)),
    ...(await postgresMigrationStates(client, join(root, POSTGRES_DIR))).map(({ name, state }) => ({
      name,
      state,
      detail: state === 'pending' ? 'not applied' : 'changed since it was applied; the next deployment runs it again',
    })),
  ];
  const findings = states.flatMap(({ name, state, detail }): Finding[] =>
    state === 'applied' ? [] : [{ kind: state, name, detail }],
  );
  const ahead = findings.some(({ kind }) => kind === 'ahead');
  const behind = findings.some(({ kind }) => kind === 'pending' || kind === 'failed');
  if (!behind) {
    findings.push(...(await structuralFlaws(client, root)));
    findings.push(...(await drift(root, ahead)));
  }
  const access = await accessFaults(client, sources, { ahead, behind });
  const sessions = await sessionFaults(client, sources, access.names);
  const applied = states.filter(({ state }) => state === 'applied').length;
  return {
    applied,
    findings: [...findings, ...access.faults, ...sessions.faults],
    notes: [...access.notes, ...sessions.notes],
  };
}

/** Lines of a diff that take something out of the database: what an expand migration of a newer release has put there. */
const ADDED_SINCE = /^\s*\[-\] /;
const CHANGE = /^\s*\[[-+*]\] /;

/** After a rollback the newer release's additions are right where they are; what else differs is drift as ever. */
async function drift(root: string, ahead: boolean): Promise<Finding[]> {
  const difference = await schemaDrift(root);
  if (difference === '') return [];
  const changes = difference.split('\n').filter((line) => CHANGE.test(line) && !/^\[\*\]/.test(line));
  const name = 'prisma/schema.prisma';
  if (!ahead || changes.length === 0 || !changes.every((line) => ADDED_SINCE.test(line)))
    return [{ kind: 'drift', name, detail: difference }];
  const detail = `the newer release has added this, and it stays: ${difference}`;
  return [{ kind: 'ahead', name, detail }];
}

/** Who may do what: the app's roles as this release wants it, and nobody else anything. */
async function accessFaults(
  client: Client,
  sources: RoleSources,
  { ahead, behind }: { ahead: boolean; behind: boolean },
): Promise<{ faults: Finding[]; notes: Finding[]; names: string[] }> {
  try {
    const { roles, fault } = await installationOf(client, sources);
    const strangers = await strangerRights(client, roles);
    const rights = behind ? [] : await rightFaults(client, roles);
    return {
      faults: [
        ...(fault === undefined ? [] : [{ kind: 'role' as const, name: roles.app, detail: fault }]),
        ...rights
          // What a newer release has granted is right after a rollback, like what it has added.
          .filter(({ verdict }) => !(ahead && verdict === 'superfluous'))
          .map(({ role, object, verdict, privileges }): Finding => {
            const words = verdict === 'missing' ? 'lacks' : 'has, and should not have,';
            return { kind: 'rights', name: role, detail: `${words} ${privileges.join(', ')} on ${object}` };
          }),
        ...strangers.filter(({ harmless }) => !harmless).map(asFinding),
      ],
      notes: strangers
        .filter(({ harmless }) => harmless)
        .map(asFinding)
        .map((note) => ({ ...note, detail: `${note.detail}, which reaches nothing by itself` })),
      names: [roles.app, roles.web, roles.worker],
    };
  } catch (error) {
    const fault: Finding = { kind: 'role', name: 'DATABASE_URL', detail: (error as Error).message };
    return { faults: [fault], notes: [], names: [] };
  }
}

/** Connections on which our settings do not hold; and, named only, what others than us would have to obey. */
async function sessionFaults(
  client: Client,
  { DATABASE_URL, MIGRATE_DATABASE_URL, WORKER_DATABASE_URL, DATABASE_CA_CERT }: RoleSources,
  roles: string[],
): Promise<{ faults: Finding[]; notes: Finding[] }> {
  const owner = MIGRATE_DATABASE_URL === undefined ? 'DATABASE_URL' : 'MIGRATE_DATABASE_URL';
  const faults = await sharedSessions({ DATABASE_URL, MIGRATE_DATABASE_URL, WORKER_DATABASE_URL }, DATABASE_CA_CERT);
  faults.push(...(await unpinnedOn(client, owner)));
  if (MIGRATE_DATABASE_URL !== undefined && roles.length > 0) {
    // A user that the next migration makes cannot be asked yet.
    const app = await openClient(DATABASE_URL, { caCert: DATABASE_CA_CERT }).catch(() => undefined);
    if (app !== undefined) faults.push(...(await unpinnedOn(app, 'DATABASE_URL').finally(() => app.end())));
  }
  const { rows } = await client.query<{ me: string }>('SELECT current_user AS me');
  const ask: AskConfigured = async (sql, parameters) => (await client.query(sql, [...parameters])).rows as never;
  const notes = (await configuredOtherwise(ask, [...roles, ...rows.map(({ me }) => me)])).map(
    ({ name, wanted, found, where, mend }): Finding => ({
      kind: 'session',
      name: where,
      detail: `has ${name} = ${found} where our sessions set ${wanted}: other clients obey it (${mend})`,
    }),
  );
  return { faults, notes };
}

/** URLs of which two clients may share a session of the server. One that nobody can sign in with is told elsewhere. */
async function sharedSessions(
  urls: Record<string, string | undefined>,
  caCert: string | undefined,
): Promise<Finding[]> {
  const found = Object.entries(urls).map(async ([name, url]): Promise<Finding[]> => {
    if (url === undefined) return [];
    const fault = await sharedSessionFault(url, { caCert }).catch(() => undefined);
    return fault === undefined ? [] : [{ kind: 'session', name, detail: fault }];
  });
  return (await Promise.all(found)).flat();
}

async function unpinnedOn(client: Client, url: string): Promise<Finding[]> {
  const ask: Ask = async (sql, names) => (await client.query<{ name: string; setting: string }>(sql, [names])).rows;
  return (await unpinned(ask)).map(({ name, wanted, found }) => ({
    kind: 'session',
    name: url,
    detail: `${name} is ${found} although our session was set to ${wanted}: what is in between does not keep a session`,
  }));
}

const asFinding = ({ object, grantee, privileges }: StrangerRight): Finding => ({
  kind: 'stranger',
  name: grantee,
  detail: `holds ${privileges} on ${object}`,
});
