import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { VerificationFinding } from './finding.ts';
import { checkText, type PublicKeys } from '../proof/signing.ts';
import type { Block } from './read-leaves.ts';
import { HASH_BYTES } from '../proof/merkle.ts';

/** A signed head of the linear chain that a log had before its tree, as it was shipped off the machine. */
export interface ShippedAnchor {
  sequence: string;
  hash: string;
  at: string;
  keyId: string;
  signature: string;
}

interface Anchor {
  sequence: number;
  hash: Buffer;
  at: Date;
  keyId: string;
  signature: Buffer;
}

/** What the first link hung on. */
const GENESIS = createHash('sha256').update('golive audit chain 1').digest();

/** What an anchor signs. */
export const anchorText = (sequence: number | bigint, hash: Uint8Array, at: Date): string =>
  `golive audit anchor 1\n${sequence}\n${Buffer.from(hash).toString('hex')}\n${at.toISOString()}\n`;

/** Of an anchor as it was shipped. */
export const readAnchor = ({ sequence, hash, at, keyId, signature }: ShippedAnchor): Anchor => ({
  sequence: Number(sequence),
  hash: Buffer.from(hash, 'hex'),
  at: new Date(at),
  keyId,
  signature: Buffer.from(signature, 'hex'),
});

/**
 * Computes the links of the linear chain anew, as far as there are anchors of it: each is the SHA-256 of the one before it and a leaf. Where its
 * beginning is gone, it is taken up at the first anchor.
 */
export class LinearChain {
  readonly #keys: PublicKeys;
  readonly #shipped: Anchor[];
  #link: Buffer | null;
  #last = 0;
  /** Anchors that hold. */
  checked = 0;

  constructor(keys: PublicKeys, first: number, shipped: readonly ShippedAnchor[] = []) {
    this.#keys = keys;
    this.#shipped = shipped.map(readAnchor);
    this.#link = first === 1 ? GENESIS : null;
  }

  /** Reads how far there are anchors. @returns the first that lies behind the end of the log, or is not one of ours. */
  async open(client: ClientBase, last: number): Promise<VerificationFinding | undefined> {
    const beyond = await this.anchorsBetween(client, last, Number.MAX_SAFE_INTEGER);
    if (beyond[0] !== undefined)
      return (
        this.#judge(beyond[0]) ?? {
          kind: 'truncated at the tail',
          sequence: BigInt(beyond[0].sequence),
          detail: 'the log ends before an anchor of it',
        }
      );
    const { rows } = await client.query<{ last: string | null }>(
      'SELECT max("sequence") AS last FROM public."AuditAnchor"',
    );
    this.#last = Math.max(Number(rows[0]?.last ?? 0), ...this.#shipped.map(({ sequence }) => sequence));
    return undefined;
  }

  /** Those of the table and of elsewhere, after one sequence and up to another. */
  async anchorsBetween(client: ClientBase, after: number, last: number): Promise<Anchor[]> {
    const { rows } = await client.query<Omit<Anchor, 'sequence'> & { sequence: string }>(
      `SELECT "sequence", "hash", "at", "keyId", "signature" FROM public."AuditAnchor" WHERE "sequence" > $1 AND "sequence" <= $2`,
      [after, last],
    );
    return [...rows.map((row) => ({ ...row, sequence: Number(row.sequence) })), ...this.#shipped]
      .filter(({ sequence }) => sequence > after && sequence <= last)
      .toSorted((one, other) => one.sequence - other.sequence);
  }

  /** Follows the chain through the leaves after one sequence and up to another; those that are gone are not in the block. */
  follow(
    block: Block | undefined,
    after: number,
    end: number,
    anchors: readonly Anchor[],
  ): VerificationFinding | undefined {
    const start = block === undefined ? end : block.first - 1;
    // Links that are gone together with their leaves: what their anchor signs is all that is known of them.
    for (const anchor of anchors.filter(({ sequence }) => sequence > after && sequence <= start)) {
      const forged = this.#judge(anchor);
      if (forged) return forged;
      this.#link = anchor.hash;
      this.checked += 1;
    }
    for (let sequence = start + 1; sequence <= Math.min(end, this.#last); sequence++) {
      const leaf = block?.leaves.subarray((sequence - start - 1) * HASH_BYTES, (sequence - start) * HASH_BYTES);
      if (this.#link !== null && leaf !== undefined)
        this.#link = createHash('sha256').update(this.#link).update(leaf).digest();
      for (const anchor of anchors.filter((one) => one.sequence === sequence)) {
        const finding = this.#judge(anchor);
        if (finding) return finding;
        if (this.#link !== null && !this.#link.equals(anchor.hash))
          return {
            kind: 'forked',
            sequence: BigInt(sequence),
            detail: 'the log up to here is not the one that the anchor signs',
          };
        this.#link = anchor.hash;
        this.checked += 1;
      }
    }
    return undefined;
  }

  #judge({ sequence, hash, at, keyId, signature }: Anchor): VerificationFinding | undefined {
    const verdict = checkText(this.#keys, keyId, anchorText(sequence, hash, at), signature);
    if (verdict === 'good') return undefined;
    const detail =
      verdict === 'bad'
        ? 'its signature does not hold'
        : `it is signed by the key ${keyId}, which is not among the known ones`;
    return { kind: 'forged anchor', sequence: BigInt(sequence), detail };
  }
}
