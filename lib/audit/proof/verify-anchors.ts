import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { ShippedAnchor } from './anchor.ts';
import type { VerificationFinding } from './finding.ts';
import { anchorText, checkText, pruneText, type PublicKeys } from './signing.ts';

interface AnchorRow {
  sequence: string;
  hash: Buffer;
  at: Date;
  keyId: string;
  signature: Buffer;
  chained: Buffer | null;
}

/**
 * Verifies all anchors from a position: their signatures, and that the chain has the signed hash.
 * @param first the oldest sequence in the chain; links of older anchors were removed.
 * @returns the number of valid anchors and the highest, or the first finding.
 */
export async function verifyAnchors(client: ClientBase, keys: PublicKeys, from: bigint, first: bigint, last: bigint) {
  const { rows } = await client.query<AnchorRow>(
    `SELECT a."sequence", a."hash", a."at", a."keyId", a."signature", c."hash" AS chained
     FROM "AuditAnchor" a LEFT JOIN "AuditChain" c ON c."sequence" = a."sequence" WHERE a."sequence" >= $1 ORDER BY a."sequence"`,
    [from],
  );
  let highest = 0n;
  for (const row of rows) {
    const sequence = BigInt(row.sequence);
    const finding = checkAnchor(keys, sequence, row, first, last);
    if (finding) return { anchors: 0, highest, finding };
    highest = sequence;
  }
  return { anchors: rows.length, highest };
}

function checkAnchor(
  keys: PublicKeys,
  sequence: bigint,
  row: Omit<AnchorRow, 'sequence'>,
  first: bigint,
  last: bigint,
): VerificationFinding | undefined {
  const verdict = checkText(keys, row.keyId, anchorText(sequence, row.hash, row.at), row.signature);
  if (verdict === 'unknown key')
    return {
      kind: 'forged anchor',
      sequence,
      detail: `it is signed by the key ${row.keyId}, which is not among the known ones`,
    };
  if (verdict === 'bad') return { kind: 'forged anchor', sequence, detail: 'its signature is invalid' };
  if (sequence > last)
    return { kind: 'truncated at the tail', sequence, detail: 'the chain ends before an anchor of it' };
  if (sequence >= first && row.chained?.equals(row.hash) !== true)
    return { kind: 'forked', sequence, detail: 'the chain up to here is not the one that was signed' };
  return undefined;
}

/** Compares anchors kept outside the database with the chain. */
export async function verifyShippedAnchors(
  client: ClientBase,
  keys: PublicKeys,
  shipped: ShippedAnchor[],
  first: bigint,
  last: bigint,
) {
  for (const anchor of shipped.toSorted((a, b) => Number(BigInt(a.sequence) - BigInt(b.sequence)))) {
    const { rows } = await client.query<{ hash: Buffer }>('SELECT "hash" FROM "AuditChain" WHERE "sequence" = $1', [
      anchor.sequence,
    ]);
    const row = {
      hash: Buffer.from(anchor.hash, 'hex'),
      at: new Date(anchor.at),
      keyId: anchor.keyId,
      signature: Buffer.from(anchor.signature, 'hex'),
      chained: rows[0]?.hash ?? null,
    };
    const finding = checkAnchor(keys, BigInt(anchor.sequence), row, first, last);
    if (finding) return finding;
  }
  return undefined;
}

/** Verifies that every tombstone belongs to a signed removal. */
export async function verifyPrunes(client: ClientBase, keys: PublicKeys): Promise<VerificationFinding | undefined> {
  const { rows: loose } = await client.query<{ sequence: string }>(
    `SELECT min(t."fromSequence") AS sequence FROM "AuditTombstone" t WHERE NOT EXISTS (SELECT FROM "AuditPrune" p WHERE p."id" = t."pruneId")
     HAVING count(*) > 0`,
  );
  if (loose[0])
    return {
      kind: 'unproven removal',
      sequence: BigInt(loose[0].sequence),
      detail: 'events were removed without a signed record',
    };
  const { rows } = await client.query<
    Parameters<typeof pruneText>[0] & { keyId: string; signature: Buffer; ranges: string }
  >(
    `SELECT p."id", p."at", p."partition", p."rows", p."digest", p."keyId", p."signature",
       coalesce((SELECT string_agg(t."fromSequence" || '-' || t."toSequence", ',' ORDER BY t."fromSequence") FROM "AuditTombstone" t
                 WHERE t."pruneId" = p."id"), '') AS ranges FROM "AuditPrune" p ORDER BY p."at"`,
  );
  for (const prune of rows) {
    const digest = createHash('sha256').update(prune.ranges).digest();
    const verdict = checkText(keys, prune.keyId, pruneText({ ...prune, digest }), prune.signature);
    if (verdict !== 'good')
      return {
        kind: 'unproven removal',
        detail: `the record ${prune.id} of a removal from ${prune.partition}: ${verdict === 'bad' ? 'its signature is invalid' : `unknown key ${prune.keyId}`}`,
      };
  }
  return undefined;
}
