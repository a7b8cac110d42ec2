import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Tx } from '../../db.ts';
import { exportPages, type ExportScope } from '../export/export.ts';
import { publishVerifiedFile } from '../export/publish-file.ts';
import { FORMATS } from '../export/formats.ts';
import { OWNER_ONLY, signManifest } from '../export/manifest.ts';
import type { SigningKey } from '../proof/signing.ts';

export interface StoredArchive {
  file: string;
  rows: number;
}

/**
 * Writes events to `DIR/NAME.ndjson.gz` with a signed manifest and verifies the result on disk before events may be removed. An interrupted
 * or invalid archive never gets the final name.
 * @throws when the written file does not verify.
 */
export async function writeArchive(
  db: Tx,
  key: SigningKey,
  dir: string,
  name: string,
  scope: ExportScope,
): Promise<StoredArchive> {
  await mkdir(dir, { recursive: true });
  const file = join(dir, `${name}.ndjson.gz`);
  const partial = `${file}.partial`;
  const digest = createHash('sha256');
  let rows = 0;
  async function* lines() {
    for await (const page of exportPages(db, scope)) {
      rows += page.length;
      yield page.map(FORMATS.ndjson.line).join('');
    }
  }
  const hashing = new Transform({
    transform(chunk: Buffer, _, done) {
      digest.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(lines, createGzip(), hashing, createWriteStream(partial, { mode: OWNER_ONLY }));
  const facts = {
    format: 'ndjson',
    sha256: digest.digest('hex'),
    rows,
    createdAt: new Date().toISOString(),
    scope: { archive: name },
  } as const;
  await publishVerifiedFile(partial, file, signManifest(key, facts), key);
  return { file, rows };
}
