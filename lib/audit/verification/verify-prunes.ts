import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { VerificationFinding } from './finding.ts';
import { checkText, pruneText, type PublicKeys } from '../proof/signing.ts';

/** Checks that every tombstone belongs to a removal that was signed. */
export async function verifyPrunes(client: ClientBase, keys: PublicKeys): Promise<VerificationFinding | undefined> {
  const { rows: loose } = await client.query<{ sequence: string }>(
    `SELECT min(t."fromSequence") AS sequence FROM public."AuditTombstone" t WHERE NOT EXISTS (SELECT FROM public."AuditPrune" p WHERE p."id" = t."pruneId")
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
       coalesce((SELECT string_agg(t."fromSequence" || '-' || t."toSequence", ',' ORDER BY t."fromSequence") FROM public."AuditTombstone" t
                 WHERE t."pruneId" = p."id"), '') AS ranges FROM public."AuditPrune" p ORDER BY p."at"`,
  );
  for (const prune of rows) {
    const digest = createHash('sha256').update(prune.ranges).digest();
    const verdict = checkText(keys, prune.keyId, pruneText({ ...prune, digest }), prune.signature);
    if (verdict !== 'good')
      return {
        kind: 'unproven removal',
        detail: `the record ${prune.id} of a removal from ${prune.partition}: ${verdict === 'bad' ? 'its signature does not hold' : `unknown key ${prune.keyId}`}`,
      };
  }
  return undefined;
}
