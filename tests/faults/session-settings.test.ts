import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportToFile } from '#lib/audit/export/export-file.ts';
import { listAudit } from '#lib/audit/events/list.ts';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { parseAuditQuery } from '#lib/audit/events/query.ts';
import { auditRow } from '#lib/audit/events/record.ts';
import { planPrune } from '#lib/audit/retention/policy.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { openDb, type Db } from '#lib/db.ts';
import { execute } from '../support/postgres/postgres.ts';
import {
  migrateEnvironment,
  releaseCluster,
  run,
  scratch,
  type ReleaseCluster,
} from '../integration/release/release-cluster.ts';
import { SECRET, testEnvironment, verifyAsCommand } from '../support/audit-proof.ts';
import { haveTool } from '../support/required-tools.ts';
import { full } from './support.ts';

/** What a server, and a role of it, may have been configured with. */
interface Settings {
  server: Record<string, string>;
  role: Record<string, string>;
}

/** The first is what our own sessions are pinned to; the last is everything at once. */
const ALL: Settings[] = [
  { server: { TimeZone: 'UTC', DateStyle: 'ISO, MDY' }, role: {} },
  { server: { TimeZone: 'America/St_Johns', DateStyle: 'SQL, DMY' }, role: {} },
  { server: { TimeZone: 'Europe/Berlin', DateStyle: 'ISO, MDY' }, role: { search_path: 'nowhere' } },
  {
    server: { TimeZone: 'UTC', DateStyle: 'German' },
    role: { TimeZone: 'Pacific/Kiritimati', bytea_output: 'escape' },
  },
  { server: { TimeZone: 'Asia/Kolkata', DateStyle: 'Postgres, DMY' }, role: { default_transaction_read_only: 'on' } },
  {
    server: { TimeZone: 'Asia/Kolkata', DateStyle: 'German', standard_conforming_strings: 'off' },
    role: {
      DateStyle: 'SQL, MDY',
      TimeZone: 'Pacific/Apia',
      // Short enough to cancel what comes after; psql's own first statement needs a chance on a busy machine.
      statement_timeout: '10ms',
      lock_timeout: '1ms',
      IntervalStyle: 'sql_standard',
      client_encoding: 'LATIN1',
      default_transaction_isolation: 'serializable',
      default_transaction_read_only: 'on',
    },
  },
];
const SETTINGS = full ? ALL : [ALL[0], ALL[5]].filter((settings) => settings !== undefined);

const EVENTS = 60;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const POLICY = { days: 40, longer: [] };
/** The same in every run of this file: the hour it begins. */
const NOW = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS);
/** What the runs themselves do comes after it. */
const TO = NOW.toISOString();
const act = { actor: { type: 'system', id: 'matrix', label: 'matrix' }, origin: { source: 'cli' } } as const;
const tools = haveTool('pg_dump', 'a backup is the same whatever the settings of server and role');

let server: ReleaseCluster;
let dir: string;

beforeAll(async () => {
  testEnvironment();
  server = await releaseCluster();
  dir = await scratch('settings');
  await server.create('template');
  const migrated = await run('npm', ['run', 'db:migrate:prod'], migrateEnvironment(server, 'template'));
  expect(migrated, migrated.out).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Of the server itself by its configuration, of both roles by theirs; sessions that begin afterwards have them. */
async function configure({ server: ofServer, role }: Settings): Promise<void> {
  const set = (prefix: string, settings: Record<string, string>) =>
    Object.entries(settings).map(([name, value]) => `${prefix} SET ${name} = '${value}'`);
  const roles = ['golive_owner', 'golive_app'].map((name) => `ALTER ROLE ${name}`);
  await execute(
    server.cluster.url(),
    'ALTER SYSTEM RESET ALL',
    ...roles.map((prefix) => `${prefix} RESET ALL`),
    ...set('ALTER SYSTEM', ofServer),
    'SELECT pg_reload_conf()',
    ...roles.flatMap((prefix) => set(prefix, role)),
  );
}

/** Events of four months, the same in every run: around local midnights, the ends of months and a change of summer time. */
async function write(db: Db): Promise<void> {
  const rows = Array.from({ length: EVENTS }, (_, n) => {
    const at = new Date(NOW.getTime() - 110 * DAY_MS + n * (DAY_MS + 7 * HOUR_MS) + n);
    const row = auditRow({ action: 'auth.sign_out', outcome: 'success', ...act, metadata: {} }, at);
    // Where none is given the database draws a random salt, and no two leaves are the same.
    const salts = { actorLabel: String(n).padStart(32, '0') };
    return { ...row, salts, id: `${row.id.slice(0, 14)}7${String(n).padStart(3, '0')}-8000-000000000000` };
  });
  await db.auditEvent.createMany({ data: rows });
  await ensurePartitions(db);
}

async function readPages(db: Db): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query = parseAuditQuery(new URLSearchParams({ limit: '7', to: TO, ...(cursor === null ? {} : { cursor }) }));
    if (!query.ok) throw new Error(`the test is wrong: ${query.code}`);
    const page = await listAudit(db, query.value);
    seen.push(...page.events.map(({ id, createdAt }) => `${id} ${createdAt.toISOString()}`));
    cursor = page.nextCursor;
  } while (cursor !== null && seen.length <= 2 * EVENTS);
  return seen;
}

/** The truth as a client of another make reads it, in a session of its own choice. */
async function fromOutside(database: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.cluster.url(database) });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT e.id, (extract(epoch FROM e."createdAt") * 1000)::bigint AS ms, encode(c.leaf, 'hex') AS leaf
     FROM public."AuditEvent" e JOIN public."AuditChain" c ON c."eventId" = e.id WHERE e.action = 'auth.sign_out' ORDER BY e.id`,
  );
  await client.end();
  return rows;
}

/** Everything that is done with a log, and what comes of it. */
async function useLog(database: string, label: string) {
  const db = openDb(server.app(database), { max: 3 });
  try {
    await write(db);
    await seal(db, { checkpoint: 'always' });
    const file = join(dir, `${label}.ndjson`);
    const key = signingKey({ NEXTAUTH_SECRET: SECRET });
    await exportToFile(db, act, { file, format: 'ndjson', filters: { to: NOW }, key });
    const plan = await planPrune(db, POLICY, NOW);
    return {
      written: await fromOutside(database),
      pages: await readPages(db),
      exported: await readFile(file, 'utf8'),
      finding: (await verifyAsCommand({ appUrl: server.app(database) })).finding,
      prune: plan.map(({ partition, whole, rows, before }) => ({ partition, whole, rows, before })),
    };
  } finally {
    await db.$disconnect();
  }
}

/** Backed up and put back elsewhere by the scripts, under the same settings. */
async function moveByBackup(from: string, to: string): Promise<unknown[]> {
  const file = join(dir, `${from}.dump`);
  const dumped = await run('scripts/backup.sh', [file], migrateEnvironment(server, from));
  expect(dumped, dumped.out).toMatchObject({ code: 0 });
  await server.create(to);
  const restored = await run('scripts/restore.sh', [file], migrateEnvironment(server, to));
  expect(restored, restored.out).toMatchObject({ code: 0, out: expect.stringContaining('0 findings') as string });
  return fromOutside(to);
}

test(`a log is written, read, exported, verified, pruned and moved alike under ${SETTINGS.length} settings of server and role`, async () => {
  const outcomes: Awaited<ReturnType<typeof useLog>>[] = [];
  for (const [n, settings] of SETTINGS.entries()) {
    await execute(server.cluster.url(), `CREATE DATABASE log_${n} TEMPLATE template OWNER golive_owner`);
    await configure(settings);
    const outcome = await useLog(`log_${n}`, String(n));
    outcomes.push(outcome);
    if (tools) expect(await moveByBackup(`log_${n}`, `moved_${n}`), JSON.stringify(settings)).toEqual(outcome.written);
  }
  const [first, ...others] = outcomes;
  expect(first?.written).toHaveLength(EVENTS);
  expect(first?.pages).toHaveLength(EVENTS);
  expect(first?.exported.trimEnd().split('\n')).toHaveLength(EVENTS);
  expect(first?.finding).toBeUndefined();
  expect(first?.prune.some(({ rows }) => rows > 0)).toBe(true);
  for (const [n, other] of others.entries()) expect(other, JSON.stringify(SETTINGS[n + 1])).toEqual(first);
});
