import type { ClientBase } from 'pg';
import { Prisma, type Db, type Tx } from '../../db.ts';
import { storeArchive } from './archive.ts';
import { ensurePartitions } from './partitions.ts';
import { recordAudit } from '../events/record.ts';
import { planPrune, removable, type PruneStep, type RetentionPolicy } from './policy.ts';
import { seal } from '../proof/seal.ts';
import { pruneText, signText, type SigningKey } from '../proof/signing.ts';
import { uuidv7 } from '../../ids.ts';

export interface PruneOptions {
  policy: RetentionPolicy;
  key: SigningKey;
  /** Folder or `s3://bucket/prefix` for archives; without one nothing is archived. */
  archiveDir?: string | undefined;
  signal?: AbortSignal;
  onStep?: (step: PruneStep, removed: number) => void;
  /** Called with the lock time of each batch, in milliseconds. */
  onBatch?: (ms: number) => void;
}

export interface PruneOutcome {
  /** Another prune is running; nothing was done. */
  busy: boolean;
  removed: number;
  dropped: string[];
  archives: string[];
}

const LOCK_KEY = 7_305_014;
/**
 * Time limit for dropping a month, in milliseconds: all its events are read first to write tombstones. The prune's client needs this socket
 * timeout.
 */
export const DROP_TIMEOUT_MS = 15 * 60_000;
/**
 * Target lock time of a batch, in milliseconds; the limit is 50, and on a busy machine single batches take several times as long as others.
 * Larger batches would gain little, since the cost is per row; smaller ones only add transactions.
 */
const BATCH_TARGET_MS = 12;
const BATCH_ROWS = { min: 100, start: 200, max: 1000 };

const ACTOR = { type: 'system', id: 'audit-prune', label: 'Retention' } as const;
const ORIGIN = { source: 'cli' } as const;

/**
 * Applies the retention policy. Whole months are dropped, other events are deleted in small batches; an interrupted run is continued by the
 * next. Every removal is signed in its own transaction and recorded as an event.
 * @param db a client of `openDb()` whose `socketTimeoutMs` is at least `DROP_TIMEOUT_MS`.
 * @param lock a connection of its own, which is in a transaction until the prune ends: two prunes exclude each other by a lock of that
 * transaction. One of the session would stay behind in a pooler that gives each transaction another session.
 */
export async function prune(db: Db, lock: ClientBase, options: PruneOptions): Promise<PruneOutcome> {
  const outcome: PruneOutcome = { busy: false, removed: 0, dropped: [], archives: [] };
  await lock.query('BEGIN');
  try {
    // Idle for as long as the prune takes, whatever a session between us and the server was set to.
    await lock.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    const { rows } = await lock.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS free', [LOCK_KEY]);
    if (!rows[0]?.free) return { ...outcome, busy: true };
    await ensurePartitions(db);
    await seal(db, { checkpoint: 'always' });
    for (const step of await planPrune(db, options.policy)) {
      if (options.signal?.aborted) break;
      const archive = await archiveBeforeRemoval(db, step, options);
      if (archive !== undefined) outcome.archives.push(archive);
      const removed = step.whole
        ? await dropMonth(db, step, options, archive)
        : await deleteRows(db, step, options, archive);
      if (step.whole) outcome.dropped.push(step.partition);
      outcome.removed += removed;
      options.onStep?.(step, removed);
    }
    await shortenChain(db);
    if (outcome.removed === 0 && options.signal?.aborted !== true) await recordEmptyPrune(db);
    return outcome;
  } finally {
    await lock.query('ROLLBACK');
  }
}

async function archiveBeforeRemoval(
  db: Db,
  step: PruneStep,
  { archiveDir, key, policy }: PruneOptions,
): Promise<string | undefined> {
  if (archiveDir === undefined || step.rows === 0) return undefined;
  const name = `${step.partition}-${new Date().toISOString().replaceAll(/[-:.]/g, '')}`;
  const more = removable(policy, new Date());
  const { file, rows } = await storeArchive(db, key, archiveDir, name, { filters: rangeOf(step), more });
  if (rows < step.rows) throw new Error(`the archive ${file} has ${rows} events, but ${step.rows} are to go`);
  return file;
}

const rangeOf = ({ from, before }: PruneStep) => ({ ...(from === undefined ? {} : { from }), to: before });

interface Removal {
  removed: number;
  digest: Uint8Array<ArrayBuffer>;
}

async function dropMonth(db: Db, step: PruneStep, { key }: PruneOptions, archive: string | undefined): Promise<number> {
  const work = async (tx: Tx) => {
    await tx.$executeRaw`SELECT set_config('statement_timeout', ${String(DROP_TIMEOUT_MS)}, true)`;
    const id = uuidv7();
    const [removal] = await tx.$queryRaw<
      Removal[]
    >`SELECT * FROM audit_drop_partition(${step.partition}, ${id}::uuid, ${archive ?? null})`;
    await recordSignedRemoval(tx, key, id, step.partition, removal);
    await recordPruned(tx, step, removal?.removed ?? 0, archive);
    return removal?.removed ?? 0;
  };
  return db.$transaction(work, { timeout: DROP_TIMEOUT_MS });
}

async function deleteRows(
  db: Db,
  step: PruneStep,
  options: PruneOptions,
  archive: string | undefined,
): Promise<number> {
  let size = BATCH_ROWS.start;
  let total = 0;
  try {
    while (options.signal?.aborted !== true) {
      const batch = await nextBatch(db, step, options.policy, size);
      if (batch.length === 0) break;
      let started = 0;
      const removed = await db.$transaction(async (tx) => {
        started = performance.now();
        const id = uuidv7();
        const [removal] = await tx.$queryRaw<
          Removal[]
        >`SELECT * FROM audit_delete_events(${batch.map((row) => row.id)}::uuid[],
          ${batch.map((row) => row.createdAt.toISOString())}::timestamptz[], ${id}::uuid, ${archive ?? null})`;
        if (removal && removal.removed > 0) await recordSignedRemoval(tx, options.key, id, step.partition, removal);
        return removal?.removed ?? 0;
      });
      const ms = performance.now() - started;
      options.onBatch?.(ms);
      if (removed === 0) throw new Error(`events of ${step.partition} cannot be removed: they are not sealed`);
      total += removed;
      size = nextSize(size, ms);
    }
  } finally {
    if (total > 0) await db.$transaction((tx) => recordPruned(tx, step, total, archive));
  }
  return total;
}

/** Adapts the batch size towards the target time, damped against outliers. */
function nextSize(size: number, ms: number): number {
  const wanted = Math.round(size * Math.min(1.2, Math.max(0.5, BATCH_TARGET_MS / ms)));
  return Math.min(BATCH_ROWS.max, Math.max(BATCH_ROWS.min, wanted));
}

async function nextBatch(
  db: Tx,
  step: PruneStep,
  policy: RetentionPolicy,
  size: number,
): Promise<{ id: string; createdAt: Date }[]> {
  const conditions = [
    Prisma.sql`"createdAt" < ${step.before.toISOString()}::timestamptz`,
    ...(step.from ? [Prisma.sql`"createdAt" >= ${step.from.toISOString()}::timestamptz`] : []),
    Prisma.sql`tableoid = ${`"${step.partition}"`}::regclass`,
    ...removable(policy, new Date()),
  ];
  return db.$queryRaw`SELECT "id", "createdAt" FROM "AuditEvent" WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY "createdAt" LIMIT ${size}`;
}

async function recordSignedRemoval(
  tx: Tx,
  key: SigningKey,
  id: string,
  partition: string,
  removal: Removal | undefined,
): Promise<void> {
  if (removal === undefined) throw new Error('the database reports no removal');
  const facts = { id, at: new Date(), partition, rows: removal.removed, digest: removal.digest };
  const signature = new Uint8Array(signText(key, pruneText(facts)));
  await tx.auditPrune.createMany({ data: { ...facts, keyId: key.id, signature } });
}

const recordPruned = (tx: Tx, { partition, whole }: PruneStep, rows: number, archive: string | undefined) =>
  recordAudit(tx, {
    action: 'audit.pruned',
    outcome: 'success',
    actor: ACTOR,
    origin: ORIGIN,
    target: { type: 'audit_partition', id: partition },
    metadata: { partition, rows, whole, ...(archive === undefined ? {} : { archive }) },
  });

/** Lets go of the oldest leaves once all their events are removed; the tiles keep their hashes. */
async function shortenChain(db: Db): Promise<void> {
  for (;;) {
    const [row] = await db.$queryRaw<{ dropped: boolean }[]>`SELECT audit_drop_chain_head() AS dropped`;
    if (row?.dropped !== true) return;
  }
}

/** Records a run without removals, to distinguish it from a schedule that is not running. */
function recordEmptyPrune(db: Db): Promise<string> {
  return db.$transaction((tx) =>
    recordAudit(tx, { action: 'audit.prune_empty', outcome: 'success', actor: ACTOR, origin: ORIGIN, metadata: {} }),
  );
}
