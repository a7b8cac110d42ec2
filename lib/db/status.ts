import { join } from 'node:path';
import type { Client } from 'pg';
import { schemaDrift } from './drift.ts';
import { POSTGRES_DIR } from './migration-files.ts';
import { postgresMigrationStates } from './postgres-migrations.ts';
import { prismaMigrationStates } from './prisma-states.ts';
import { structuralFlaws } from './structure.ts';

/** One thing that is not as this release wants it. */
export interface Finding {
  kind: 'pending' | 'failed' | 'edited' | 'ahead' | 'index' | 'trigger' | 'drift';
  name: string;
  detail: string;
}

export interface DatabaseStatus {
  /** Migrations of both halves that are applied as they stand in this release. */
  applied: number;
  findings: Finding[];
}

/**
 * Everything that distinguishes a database from what this release expects. While something is pending, missing structure and drift
 * are its consequence and are not reported beside it.
 * @param client as a role that may read both ledgers; `root` is the folder that holds prisma/.
 */
export async function databaseStatus(client: Client, root: string): Promise<DatabaseStatus> {
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
  if (!findings.some(({ kind }) => kind === 'pending' || kind === 'failed')) {
    findings.push(...(await structuralFlaws(client, root)));
    const drift = await schemaDrift(root);
    if (drift !== '') findings.push({ kind: 'drift', name: 'prisma/schema.prisma', detail: drift });
  }
  return { applied: states.filter(({ state }) => state === 'applied').length, findings };
}
