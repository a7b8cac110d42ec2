import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Tx } from '../../db.ts';
import { writeArchive, type Archived } from './archive.ts';
import type { ExportScope } from '../export/export.ts';
import { putLocked, readObject } from '../proof/object-lock.ts';
import type { SigningKey } from '../proof/signing.ts';

/** What S3 takes in one request: 5 GiB (Amazon S3 user guide, "Uploading objects"). */
const MAX_BYTES = 5 * 1024 ** 3;
const TIMEOUT_MS = 15 * 60_000;

interface Place {
  bucket: string;
  prefix: string;
}

/**
 * Writes an archive to where it is kept: a folder, or `s3://bucket/prefix`. For a bucket it is made and verified in a temporary folder,
 * uploaded under Object Lock and read back from there before it counts.
 * @returns the archive's path, or its address in the bucket.
 * @throws when it does not verify, or the bucket does not have what was sent.
 */
export async function storeArchive(
  db: Tx,
  key: SigningKey,
  to: string,
  name: string,
  scope: ExportScope,
): Promise<Archived> {
  const place = bucketOf(to);
  if (place === undefined) return writeArchive(db, key, to, name, scope);
  const folder = await mkdtemp(join(tmpdir(), 'golive-archive-'));
  try {
    const { file, rows } = await writeArchive(db, key, folder, name, scope);
    const address = await keep(place, file, 'application/gzip');
    // The manifest goes last: an archive without one is an upload that did not finish.
    await keep(place, `${file}.manifest.json`, 'application/json');
    return { file: address, rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `s3://bucket/prefix` in its parts; anything else is a folder. */
function bucketOf(to: string): Place | undefined {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(to) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix: prefix ? `${prefix}/` : '' };
}

async function keep({ bucket, prefix }: Place, file: string, contentType: string): Promise<string> {
  const { size: length } = await stat(file);
  const key = `${prefix}${basename(file)}`;
  const address = `s3://${bucket}/${key}`;
  if (length > MAX_BYTES) throw new Error(`${address} would be larger than one upload may be: archive to a folder`);
  const sha256 = await digestOf(createReadStream(file));
  const body = createReadStream(file);
  await putLocked({ bucket, key, body, contentType, length, sha256, timeoutMs: TIMEOUT_MS });
  const kept = await digestOf(await readObject(bucket, key, TIMEOUT_MS));
  if (kept !== sha256) throw new Error(`the archive ${address} is not what was uploaded`);
  return address;
}

async function digestOf(stream: Readable): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of stream) digest.update(chunk as Buffer);
  return digest.digest('base64');
}
