import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';

/** Exit codes of `prisma migrate diff --exit-code`. */
const SAME = 0;
const DIFFERENT = 2;

/**
 * Compares the tables with prisma/schema.prisma through Prisma. Partitions and objects of prisma/postgres are ignored.
 * @returns the differences as text, empty when there are none.
 * @throws when the comparison fails, with Prisma's last output line.
 */
export async function schemaDrift(root: string): Promise<string> {
  const { code, stdout, stderr } = await prisma(root, [
    'migrate',
    'diff',
    '--from-config-datasource',
    '--to-schema',
    'prisma/schema.prisma',
    '--exit-code',
  ]);
  if (code === SAME) return '';
  if (code === DIFFERENT) return stdout.trim();
  throw new Error(`prisma migrate diff failed: ${lastLine(stderr) || lastLine(stdout)}`);
}

function prisma(root: string, args: string[]) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(join(root, 'node_modules/.bin/prisma'), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

/** A missing index or trigger, which no migration history shows. */
export interface StructureFinding {
  kind: 'index' | 'trigger';
  name: string;
  detail: string;
}

/** What keeps the log append-only (prisma/postgres/010_append_only.sql): on the table and on each of its partitions. */
const AUDIT_TRIGGERS = ['audit_no_change', 'audit_no_truncate'];

/**
 * Checks that the audit log's keyset indexes are valid on every partition, that no index is invalid, and that the append-only triggers are
 * enabled everywhere.
 */
export async function structureFindings(client: Client, root: string): Promise<StructureFinding[]> {
  const { rows } = await client.query<{ present: boolean }>(
    `SELECT to_regclass('"AuditEvent"') IS NOT NULL AS present`,
  );
  if (!rows[0]?.present) return [];
  return [
    ...(await missingIndexes(client, await keysetIndexNames(root))),
    ...(await invalidIndexes(client)),
    ...(await missingTriggers(client)),
  ];
}

/** Read from the schema. */
async function keysetIndexNames(root: string): Promise<string[]> {
  const schema = await readFile(join(root, 'prisma/schema.prisma'), 'utf8');
  return [...schema.matchAll(/map: "(audit_\w*keyset_idx)"/g)].map(([, name]) => name ?? '');
}

async function missingIndexes(client: Client, names: string[]): Promise<StructureFinding[]> {
  const { rows } = await client.query<{ index: string; relation: string }>(
    `SELECT wanted.index, tree.relid::regclass::text AS relation
     FROM unnest($1::text[]) AS wanted(index) CROSS JOIN pg_partition_tree('"AuditEvent"') AS tree
     WHERE NOT EXISTS (
       SELECT FROM pg_class parent
       CROSS JOIN LATERAL pg_partition_tree(parent.oid) AS branch
       JOIN pg_index own ON own.indexrelid = branch.relid
       WHERE parent.oid = to_regclass(quote_ident(wanted.index)) AND own.indrelid = tree.relid)
     ORDER BY wanted.index, tree.level, relation`,
    [names],
  );
  return rows.map(({ index, relation }) => ({ kind: 'index', name: index, detail: `missing on ${relation}` }));
}

async function invalidIndexes(client: Client): Promise<StructureFinding[]> {
  const { rows } = await client.query<{ index: string; relation: string }>(
    `SELECT indexrelid::regclass::text AS index, indrelid::regclass::text AS relation
     FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE NOT indisvalid AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  return rows.map(({ index, relation }) => ({ kind: 'index', name: index, detail: `not valid on ${relation}` }));
}

async function missingTriggers(client: Client): Promise<StructureFinding[]> {
  const { rows } = await client.query<{ trigger: string; relation: string }>(
    `SELECT wanted.trigger, tree.relid::regclass::text AS relation
     FROM unnest($1::text[]) AS wanted(trigger) CROSS JOIN pg_partition_tree('"AuditEvent"') AS tree
     WHERE NOT EXISTS (
       SELECT FROM pg_trigger
       WHERE tgrelid = tree.relid AND tgname = wanted.trigger AND tgenabled IN ('O', 'A'))
     ORDER BY wanted.trigger, tree.level, relation`,
    [AUDIT_TRIGGERS],
  );
  return rows.map(({ trigger, relation }) => ({
    kind: 'trigger',
    name: trigger,
    detail: `missing or disabled on ${relation}`,
  }));
}
