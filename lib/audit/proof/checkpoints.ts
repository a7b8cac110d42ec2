import type { Tx } from '../../db.ts';
import { env } from '../../env.ts';
import { log } from '../../log.ts';
import { putWithObjectLock } from './object-lock.ts';
import { trustedKeys, type SigningKey } from './signing.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { isConsistent, type TreeHead } from './merkle.ts';
import { storedTree, TreeReader } from './tree.ts';

/** As it is shipped: what a verifier needs beside the public key. */
interface SignedCheckpoint {
  size: number;
  keyId: string;
  /** A signed note. */
  note: string;
}

/** A checkpoint at least this often while events arrive: what could be cut off unnoticed is never older. */
const EVERY_MS = 60_000;
const SHIP_TIMEOUT_MS = 10_000;

/** Rows that are looked through for one that a known key has signed: the worker's role can add others, which must not stop the next checkpoint. */
const LOOKED_THROUGH = 50;

interface Former extends TreeHead {
  keyId: string;
  at: Date;
}

/** The highest checkpoint of the table that a known key has signed. */
async function lastSigned(db: Tx): Promise<Former | null> {
  const rows = await db.auditCheckpoint.findMany({
    orderBy: [{ size: 'desc' }, { at: 'desc' }],
    take: LOOKED_THROUGH,
    select: { at: true, note: true },
  });
  const keys = trustedKeys(env());
  for (const { at, note } of rows) {
    const opened = openCheckpoint(note, keys);
    if (typeof opened !== 'string') return { ...opened, at };
  }
  return null;
}

/**
 * Signs the head of the tree into the table and ships it, if the tree has grown since the last checkpoint and that is long enough ago. Another
 * key signs at once, also what has not grown.
 * @param how `always` does not wait for the time.
 * @throws when the tree does not begin with the one that was signed last: what was signed has been changed, and nothing is signed over that.
 */
export async function checkpoint(db: Tx, key: SigningKey, size: number, how: 'due' | 'always'): Promise<void> {
  const last = await lastSigned(db);
  if (last !== null && !(await isDue(db, key, size, last, how))) return;
  const tree = new TreeReader(
    storedTree((query) => db.$queryRaw(query)),
    size,
  );
  const head = { size, root: await tree.root() };
  if (last !== null && (last.size > size || !isConsistent(last, head, await tree.consistency(last.size))))
    throw new Error(
      `the audit log no longer begins with the ${last.size} events that the last checkpoint signs: run npm run audit:verify -- --full`,
    );
  const note = signCheckpoint(key, head);
  const data = { size: BigInt(size), keyId: key.id, at: await serverTime(db), note };
  await db.auditCheckpoint.createMany({ data, skipDuplicates: true });
  await ship({ size, keyId: key.id, note });
}

async function isDue(db: Tx, key: SigningKey, size: number, last: Former, how: 'due' | 'always'): Promise<boolean> {
  if (last.keyId !== key.id || last.size > size) return true;
  if (last.size === size) return false;
  return how === 'always' || (await serverTime(db)).getTime() - last.at.getTime() >= EVERY_MS;
}

/** The database's clock, which all workers share: one of their own a day ahead would date checkpoints into the future and stop the next ones. */
async function serverTime(db: Tx): Promise<Date> {
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
  if (row === undefined) throw new Error('the database did not say what time it is');
  return row.now;
}

/**
 * Sends a checkpoint to where the owner of the database cannot reach: a log line, and an object that S3 will not let anybody remove. A
 * failure is logged and not raised: the next checkpoint covers everything that this one does.
 */
async function ship({ size, keyId, note }: SignedCheckpoint): Promise<void> {
  log.info({ checkpoint: note }, 'audit checkpoint');
  const bucket = env().AUDIT_ANCHOR_BUCKET;
  if (bucket === undefined) return;
  const key = `checkpoints/${String(size).padStart(16, '0')}-${keyId}.txt`;
  try {
    await putWithObjectLock({
      bucket,
      key,
      body: note,
      contentType: 'text/plain; charset=utf-8',
      timeoutMs: SHIP_TIMEOUT_MS,
    });
  } catch (error) {
    log.error({ err: error, bucket, size }, 'the checkpoint did not reach S3');
  }
}
