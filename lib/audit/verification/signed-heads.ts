import type { ClientBase } from 'pg';
import type { VerificationFinding } from './finding.ts';
import type { PublicKeys } from '../proof/signing.ts';
import { openCheckpoint, parseCheckpoint } from '../proof/checkpoint.ts';
import type { TreeHead } from '../proof/merkle.ts';

interface Row {
  size: string;
  note: string;
}

/** The checkpoints of the table and those that were kept elsewhere, each with its signature checked. */
export class SignedHeads {
  readonly #keys: PublicKeys;
  readonly #shipped: { size: number; note: string }[];
  readonly #good = new Set<string>();

  /** @param shipped notes. @throws when one is no checkpoint. */
  constructor(keys: PublicKeys, shipped: readonly string[] = []) {
    this.#keys = keys;
    this.#shipped = shipped.map((note) => {
      const checkpoint = parseCheckpoint(note);
      if (checkpoint === null) throw new Error('what was kept elsewhere is no checkpoint');
      return { size: checkpoint.size, note };
    });
  }

  /** What the tree must have been at sizes above one and up to another; or a checkpoint that nobody known has signed. */
  async between(client: ClientBase, above: number, upTo: number): Promise<TreeHead[] | VerificationFinding> {
    const { rows } = await client.query<Row>(
      'SELECT "size", "note" FROM public."AuditCheckpoint" WHERE "size" > $1 AND "size" <= $2 ORDER BY "size"',
      [above, upTo],
    );
    const elsewhere = this.#shipped.filter(({ size }) => size > above && size <= upTo);
    const heads: TreeHead[] = [];
    for (const { size, note } of [...rows.map((row) => ({ ...row, size: Number(row.size) })), ...elsewhere]) {
      const opened = openCheckpoint(note, this.#keys);
      if (typeof opened === 'string' || opened.size !== size)
        return {
          kind: 'forged checkpoint',
          sequence: BigInt(size),
          detail: DETAIL[typeof opened === 'string' ? opened : 'malformed'],
        };
      heads.push(opened);
    }
    for (const { note } of rows) this.#good.add(note);
    return heads;
  }

  /** How many checkpoints of the table have been found to be signed. */
  get checked(): number {
    return this.#good.size;
  }

  /** The highest checkpoint of the table up to a size. */
  async highest(client: ClientBase, upTo: number): Promise<TreeHead | VerificationFinding | undefined> {
    const { rows } = await client.query<Row>(
      'SELECT "size" FROM public."AuditCheckpoint" WHERE "size" <= $1 ORDER BY "size" DESC LIMIT 1',
      [upTo],
    );
    if (rows[0] === undefined) return undefined;
    const size = Number(rows[0].size);
    const heads = await this.between(client, size - 1, size);
    return 'kind' in heads ? heads : heads[0];
  }
}

const DETAIL = {
  malformed: 'it is no checkpoint of that size',
  'unknown key': 'it is signed by a key that is not among the known ones',
  'bad signature': 'its signature does not hold',
};
