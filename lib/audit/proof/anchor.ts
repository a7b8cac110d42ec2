import type { Tx } from '../../db.ts';
import { env } from '../../env.ts';
import { log } from '../../log.ts';
import { putWithObjectLock } from './object-lock.ts';
import { anchorText, signText, type SigningKey } from './signing.ts';

export interface ChainHead {
  sequence: bigint;
  hash: Uint8Array<ArrayBuffer>;
}

/** A signed anchor as shipped outside the database. */
export interface ShippedAnchor {
  sequence: string;
  hash: string;
  at: string;
  keyId: string;
  signature: string;
}

/** Anchor interval while events arrive: bounds the undetectable truncation of the log's tail. */
const ANCHOR_INTERVAL_MS = 60_000;
const SHIP_TIMEOUT_MS = 10_000;

/** Signs the head of the chain and stores the anchor. @returns the anchor to be shipped. */
export async function writeAnchor(db: Tx, key: SigningKey, { sequence, hash }: ChainHead): Promise<ShippedAnchor> {
  const at = await serverTime(db);
  const signature = signText(key, anchorText(sequence, hash, at));
  const data = { sequence, hash, at, keyId: key.id, signature: new Uint8Array(signature) };
  await db.auditAnchor.createMany({ data, skipDuplicates: true });
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return {
    sequence: String(sequence),
    hash: hex(hash),
    at: at.toISOString(),
    keyId: key.id,
    signature: hex(signature),
  };
}

/** True when the head has advanced and the last anchor is older than the interval. */
export async function isAnchorDue(db: Tx, key: SigningKey, head: ChainHead): Promise<boolean> {
  const last = await db.auditAnchor.findFirst({
    orderBy: { sequence: 'desc' },
    select: { sequence: true, at: true, keyId: true },
  });
  if (last === null || last.keyId !== key.id) return true;
  return last.sequence < head.sequence && (await serverTime(db)).getTime() - last.at.getTime() >= ANCHOR_INTERVAL_MS;
}

/** The database's clock, shared by all workers: a wrong local clock could date anchors into the future and block later ones. */
async function serverTime(db: Tx): Promise<Date> {
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
  if (row === undefined) throw new Error('the database did not say what time it is');
  return row.now;
}

/**
 * Ships an anchor out of reach of the database's owner: as a log line, and as an S3 object under Object Lock. A failure is logged and not
 * thrown: the next anchor covers the same events.
 */
export async function shipAnchor(anchor: ShippedAnchor): Promise<void> {
  log.info({ anchor }, 'audit anchor');
  const bucket = env().AUDIT_ANCHOR_BUCKET;
  if (bucket === undefined) return;
  const key = `anchors/${anchor.sequence.padStart(16, '0')}-${anchor.keyId}.json`;
  const body = JSON.stringify(anchor);
  try {
    await putWithObjectLock({ bucket, key, body, contentType: 'application/json', timeoutMs: SHIP_TIMEOUT_MS });
  } catch (error) {
    log.error({ err: error, bucket, sequence: anchor.sequence }, 'shipping the anchor to S3 failed');
  }
}
