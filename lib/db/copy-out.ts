import type { ClientBase } from 'pg';
import { Query } from './client.ts';

/** A row in PostgreSQL's binary format. The next row is read into the same object. */
export interface BinaryRow {
  /** Each field from `starts` to before `ends`; an end before the start stands for null. */
  bytes: Buffer;
  starts: Int32Array;
  ends: Int32Array;
}

/** Signature, flags and the length of an extension that there is none of. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

/**
 * Reads the rows of a query with COPY, each as it arrives, so that memory stays flat however many there are.
 * @param query without parameters, which COPY does not take.
 * @throws what the server answers, or what `onRow` throws.
 */
export function copyOut(
  client: ClientBase,
  query: string,
  columns: number,
  onRow: (row: BinaryRow) => void,
): Promise<void> {
  const row = { bytes: HEADER, starts: new Int32Array(columns), ends: new Int32Array(columns) };
  let failure: Error | undefined;
  return new Promise((resolve, reject) => {
    const copy = new CopyQuery(`COPY (${query}) TO STDOUT (FORMAT binary)`, (error) => {
      const reason = failure ?? error;
      if (reason) reject(reason);
      else resolve();
    });
    copy.onData = (bytes) => {
      if (failure !== undefined) return;
      try {
        readRows(bytes, row, onRow);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
    };
    client.query(copy);
  });
}

class CopyQuery extends Query {
  onData: (bytes: Buffer) => void = () => undefined;

  /** Called by the driver with each message, which holds whole rows. */
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.onData(chunk);
  }
}

function readRows(bytes: Buffer, row: BinaryRow, onRow: (row: BinaryRow) => void): void {
  row.bytes = bytes;
  let at = bytes.subarray(0, HEADER.length).equals(HEADER) ? HEADER.length : 0;
  while (at < bytes.length) {
    const fields = bytes.readInt16BE(at);
    at += 2;
    if (fields === END) return;
    if (fields !== row.starts.length) throw new Error(`the server sent ${fields} columns of ${row.starts.length}`);
    for (let field = 0; field < fields; field++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      row.starts[field] = at;
      row.ends[field] = length < 0 ? -1 : at + length;
      at += Math.max(0, length);
    }
    onRow(row);
  }
}

/** In place of a number of columns behind the last row. */
const END = -1;
