import { join } from 'node:path';
import type { Client } from 'pg';
import { schemaDrift } from './drift.ts';
import type { StrangerRight } from './held-rights.ts';
import { POSTGRES_DIR } from './migration-files.ts';
import { postgresMigrationStates } from './postgres-migrations.ts';
import { prismaMigrationStates } from './prisma-states.ts';
import { rightFaults } from './rights.ts';
import { installationOf, type RoleSources } from './roles.ts';
import { strangerRights } from './strangers.ts';
import { structuralFlaws } from './structure.ts';

/** One thing that is not as this release wants it. */
export interface Finding {
  kind: 'pending' | 'failed' | 'edited' | 'ahead' | 'index' | 'trigger' | 'drift' | 'role' | 'rights' | 'stranger';
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
  const { faults, notes } = await accessFaults(client, sources, { ahead, behind });
  const applied = states.filter(({ state }) => state === 'applied').length;
  return { applied, findings: [...findings, ...faults], notes };
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
): Promise<{ faults: Finding[]; notes: Finding[] }> {
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
      notes: strangers.filter(({ harmless }) => harmless).map(asFinding),
    };
  } catch (error) {
    return { faults: [{ kind: 'role', name: 'DATABASE_URL', detail: (error as Error).message }], notes: [] };
  }
}

const asFinding = ({ object, grantee, privileges }: StrangerRight): Finding => ({
  kind: 'stranger',
  name: grantee,
  detail: `holds ${privileges} on ${object}`,
});
