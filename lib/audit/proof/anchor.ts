import type { Tx } from '../../db.ts';
import { env } from '../../env.ts';
import { log } from '../../log.ts';
import { putLocked } from './object-lock.ts';
import { anchorText, signText, type SigningKey } from './signing.ts';

export interface Head {
  sequence: bigint;
  hash: Uint8Array<ArrayBuffer>;
}

/** As it is shipped: everything that a verifier needs beside the public key. */
export interface ShippedAnchor {
  sequence: string;
  hash: string;
  at: string;
  keyId: string;
  signature: string;
}

/** An anchor at least this often while events arrive: what could be cut off unnoticed is never older. */
const EVERY_MS = 60_000;
const SHIP_TIMEOUT_MS = 10_000;

/** Signs the head of the chain into the table. @returns what is to be shipped off the machine. */
export async function writeAnchor(db: Tx, key: SigningKey, { sequence, hash }: Head): Promise<ShippedAnchor> {
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

/** Whether the head has moved on since the last anchor, and that long enough ago. */
export async function anchorIsDue(db: Tx, key: SigningKey, head: Head): Promise<boolean> {
  const last = await db.auditAnchor.findFirst({
    orderBy: { sequence: 'desc' },
    select: { sequence: true, at: true, keyId: true },
  });
  if (last === null || last.keyId !== key.id) return true;
  return last.sequence < head.sequence && (await serverTime(db)).getTime() - last.at.getTime() >= EVERY_MS;
}

/** The database's clock, which all workers share: one of their own a day ahead would date anchors into the future and stop the next ones. */
async function serverTime(db: Tx): Promise<Date> {
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
  if (row === undefined) throw new Error('the database did not say what time it is');
  return row.now;
}

/**
 * Sends an anchor to where the owner of the database cannot reach: a log line, and an object that S3 will not let anybody remove. A
 * failure is logged and not raised: the next anchor covers everything that this one does.
 */
export async function shipAnchor(anchor: ShippedAnchor): Promise<void> {
  log.info({ anchor }, 'audit anchor');
  const bucket = env().AUDIT_ANCHOR_BUCKET;
  if (bucket === undefined) return;
  const key = `anchors/${anchor.sequence.padStart(16, '0')}-${anchor.keyId}.json`;
  const body = JSON.stringify(anchor);
  try {
    await putLocked({ bucket, key, body, contentType: 'application/json', timeoutMs: SHIP_TIMEOUT_MS });
  } catch (error) {
    log.error({ err: error, bucket, sequence: anchor.sequence }, 'the anchor did not reach S3');
  }
}
