import { join } from 'node:path';
import type { Client } from 'pg';
import { openClient } from '../client.ts';
import { schemaDrift, structureFindings } from './drift.ts';
import type { ForeignRight } from '../roles/held-rights.ts';
import { REPEATABLE_DIR } from '../migrations/files.ts';
import { repeatableMigrationStates } from '../migrations/repeatable-migrations.ts';
import { prismaMigrationStates } from '../migrations/prisma-states.ts';
import { rightDifferences } from '../roles/reconcile-rights.ts';
import { readDatabaseRoles, type RoleSources } from '../roles/roles.ts';
import {
  conflictingSettings,
  unappliedSettings,
  type QuerySettings,
  type QueryConfiguredSettings,
} from '../sessions/check.ts';
import { sharedSessionFault } from '../sessions/shared.ts';
import { foreignRights } from '../roles/foreign-rights.ts';

/** A difference between the database and this release. */
export interface StatusFinding {
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
    | 'foreign_right'
    | 'session';
  name: string;
  detail: string;
}

export interface DatabaseStatus {
  /** Number of applied migrations of both kinds that match this release. */
  applied: number;
  findings: StatusFinding[];
  /** Remarks that are not problems. */
  notes: StatusFinding[];
}

/**
 * Compares a database with what this release expects. While migrations are pending, missing structure, drift and missing rights are not
 * reported, since they are the consequence; foreign rights always are.
 * @param client a role that can read both migration histories; `root` is the folder that contains prisma/; `sources` determine the app's
 * roles.
 */
export async function databaseStatus(client: Client, root: string, sources: RoleSources): Promise<DatabaseStatus> {
  const states = [
    ...(await prismaMigrationStates(client, root)),
    ...(await repeatableMigrationStates(client, join(root, REPEATABLE_DIR))).map(({ name, state }) => ({
      name,
      state,
      detail: state === 'pending' ? 'not applied' : 'changed since it was applied; the next deployment runs it again',
    })),
  ];
  const findings = states.flatMap(({ name, state, detail }): StatusFinding[] =>
    state === 'applied' ? [] : [{ kind: state, name, detail }],
  );
  const ahead = findings.some(({ kind }) => kind === 'ahead');
  const behind = findings.some(({ kind }) => kind === 'pending' || kind === 'failed');
  if (!behind) {
    findings.push(...(await structureFindings(client, root)));
    findings.push(...(await drift(root, ahead)));
  }
  const access = await accessFindings(client, sources, { ahead, behind });
  const sessions = await sessionFindings(client, sources, access.names);
  const applied = states.filter(({ state }) => state === 'applied').length;
  return {
    applied,
    findings: [...findings, ...access.faults, ...sessions.faults],
    notes: [...access.notes, ...sessions.notes],
  };
}

/** Diff lines that would remove something: additions of a newer release's expand migration. */
const ADDED_SINCE = /^\s*\[-\] /;
const CHANGE = /^\s*\[[-+*]\] /;

/** After a rollback the newer release's additions are expected; anything else is drift. */
async function drift(root: string, ahead: boolean): Promise<StatusFinding[]> {
  const difference = await schemaDrift(root);
  if (difference === '') return [];
  const changes = difference.split('\n').filter((line) => CHANGE.test(line) && !/^\[\*\]/.test(line));
  const name = 'prisma/schema.prisma';
  if (!ahead || changes.length === 0 || !changes.every((line) => ADDED_SINCE.test(line)))
    return [{ kind: 'drift', name, detail: difference }];
  const detail = `the newer release has added this, and it stays: ${difference}`;
  return [{ kind: 'ahead', name, detail }];
}

/** Findings about roles and privileges. */
async function accessFindings(
  client: Client,
  sources: RoleSources,
  { ahead, behind }: { ahead: boolean; behind: boolean },
): Promise<{ faults: StatusFinding[]; notes: StatusFinding[]; names: string[] }> {
  try {
    const { roles, problem } = await readDatabaseRoles(client, sources);
    const strangers = await foreignRights(client, roles);
    const rights = behind ? [] : await rightDifferences(client, roles);
    return {
      faults: [
        ...(problem === undefined ? [] : [{ kind: 'role' as const, name: roles.app, detail: problem }]),
        ...rights
          // After a rollback grants of the newer release are expected.
          .filter(({ verdict }) => !(ahead && verdict === 'superfluous'))
          .map(({ role, object, verdict, privileges }): StatusFinding => {
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
    const fault: StatusFinding = { kind: 'role', name: 'DATABASE_URL', detail: (error as Error).message };
    return { faults: [fault], notes: [], names: [] };
  }
}

/** Connections without the required settings; and, as notes, conflicting configured settings. */
async function sessionFindings(
  client: Client,
  { DATABASE_URL, MIGRATE_DATABASE_URL, WORKER_DATABASE_URL, DATABASE_CA_CERT }: RoleSources,
  roles: string[],
): Promise<{ faults: StatusFinding[]; notes: StatusFinding[] }> {
  const owner = MIGRATE_DATABASE_URL === undefined ? 'DATABASE_URL' : 'MIGRATE_DATABASE_URL';
  const faults = await sharedSessions({ DATABASE_URL, MIGRATE_DATABASE_URL, WORKER_DATABASE_URL }, DATABASE_CA_CERT);
  faults.push(...(await unappliedOn(client, owner)));
  if (MIGRATE_DATABASE_URL !== undefined && roles.length > 0) {
    // A user created by the next migration cannot be checked yet.
    const app = await openClient(DATABASE_URL, { caCert: DATABASE_CA_CERT }).catch(() => undefined);
    if (app !== undefined) faults.push(...(await unappliedOn(app, 'DATABASE_URL').finally(() => app.end())));
  }
  const { rows } = await client.query<{ me: string }>('SELECT current_user AS me');
  const ask: QueryConfiguredSettings = async (sql, parameters) =>
    (await client.query(sql, [...parameters])).rows as never;
  const notes = (await conflictingSettings(ask, [...roles, ...rows.map(({ me }) => me)])).map(
    ({ name, wanted, found, where, fix }): StatusFinding => ({
      kind: 'session',
      name: where,
      detail: `has ${name} = ${found} where our sessions set ${wanted}: other clients obey it (${fix})`,
    }),
  );
  return { faults, notes };
}

/** URLs of which two clients may share a session of the server. URLs that cannot sign in are reported by another check. */
async function sharedSessions(
  urls: Record<string, string | undefined>,
  caCert: string | undefined,
): Promise<StatusFinding[]> {
  const found = Object.entries(urls).map(async ([name, url]): Promise<StatusFinding[]> => {
    if (url === undefined) return [];
    const fault = await sharedSessionFault(url, { caCert }).catch(() => undefined);
    return fault === undefined ? [] : [{ kind: 'session', name, detail: fault }];
  });
  return (await Promise.all(found)).flat();
}

async function unappliedOn(client: Client, url: string): Promise<StatusFinding[]> {
  const ask: QuerySettings = async (sql, names) =>
    (await client.query<{ name: string; setting: string }>(sql, [names])).rows;
  return (await unappliedSettings(ask)).map(({ name, wanted, found }) => ({
    kind: 'session',
    name: url,
    detail: `${name} is ${found} although our session was set to ${wanted}: what is in between does not keep a session`,
  }));
}

const asFinding = ({ object, grantee, privileges }: ForeignRight): StatusFinding => ({
  kind: 'foreign_right',
  name: grantee,
  detail: `holds ${privileges} on ${object}`,
});
