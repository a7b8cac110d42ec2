import type { ClientBase } from 'pg';
import type { PublicKeys } from '../proof/signing.ts';
import { openCheckpoint } from '../proof/checkpoint.ts';
import type { TreeHead } from '../proof/merkle.ts';

interface Row {
  size: string;
  note: string;
}

/** The checkpoints of the table and those that were kept elsewhere, each with its signature checked. */
export class SignedHeads {
  readonly #keys: PublicKeys;
  readonly #shipped: TreeHead[];
  readonly #good = new Set<string>();
  readonly #ignored = new Set<string>();

  /** @param shipped notes. @throws when there are some and no known key has signed any: a check against nothing would say too much. */
  constructor(keys: PublicKeys, shipped: readonly string[] = []) {
    this.#keys = keys;
    this.#shipped = shipped.map((note) => openCheckpoint(note, keys)).filter((opened) => typeof opened !== 'string');
    if (shipped.length > 0 && this.#shipped.length === 0)
      throw new Error(
        'none of the checkpoints that were kept elsewhere is signed by a known key: see AUDIT_PUBLIC_KEYS',
      );
  }

  /**
   * What the tree must have been at sizes above one and up to another. The worker's role can add rows to the table, so one that no known
   * key has signed counts for nothing: if it were a finding, such a row would make the log look broken for ever.
   */
  async between(client: ClientBase, above: number, upTo: number): Promise<TreeHead[]> {
    const { rows } = await client.query<Row>(
      'SELECT "size", "note" FROM public."AuditCheckpoint" WHERE "size" > $1 AND "size" <= $2 ORDER BY "size"',
      [above, upTo],
    );
    const heads: TreeHead[] = [];
    for (const { size, note } of rows) {
      const opened = openCheckpoint(note, this.#keys);
      const good = typeof opened !== 'string' && opened.size === Number(size);
      if (good) heads.push(opened);
      (good ? this.#good : this.#ignored).add(`${size} ${note}`);
    }
    return [...heads, ...this.#shipped.filter(({ size }) => size > above && size <= upTo)];
  }

  /** How many rows of the table no known key has signed, among those that were looked at. */
  get ignored(): number {
    return this.#ignored.size;
  }

  /** How many checkpoints of the table have been found to be signed. */
  get checked(): number {
    return this.#good.size;
  }

  /** The highest checkpoint up to a size. */
  async highest(client: ClientBase, upTo: number): Promise<TreeHead | undefined> {
    for (let below = upTo; below > 0;) {
      const { rows } = await client.query<Row>(
        'SELECT DISTINCT "size" FROM public."AuditCheckpoint" WHERE "size" <= $1 ORDER BY "size" DESC LIMIT 1',
        [below],
      );
      if (rows[0] === undefined) return undefined;
      const size = Number(rows[0].size);
      const [head] = await this.between(client, size - 1, size);
      if (head) return head;
      below = size - 1;
    }
    return undefined;
  }
}
