import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Tx } from '../../db.ts';
import { exportPages, type ExportScope } from '../export/export.ts';
import { FORMATS } from '../export/formats.ts';
import { OWNER_ONLY, signManifest } from '../export/manifest.ts';
import { publishVerifiedFile } from '../export/publish-file.ts';
import { putWithObjectLock, readObject } from '../proof/object-lock.ts';
import type { SigningKey } from '../proof/signing.ts';

/** S3's limit for one request: 5 GiB (Amazon S3 user guide, "Uploading objects"). */
const MAX_BYTES = 5 * 1024 ** 3;
const TIMEOUT_MS = 15 * 60_000;

interface BucketLocation {
  bucket: string;
  prefix: string;
}

/**
 * Writes an archive to a folder or to `s3://bucket/prefix`. For a bucket it is written and verified in a temporary folder, uploaded under
 * Object Lock and read back.
 * @returns the archive's path, or its address in the bucket.
 * @throws when it does not verify, or the object read back differs.
 */
export async function storeArchive(
  db: Tx,
  key: SigningKey,
  to: string,
  name: string,
  scope: ExportScope,
): Promise<StoredArchive> {
  const location = parseBucketLocation(to);
  if (location === undefined) return writeArchive(db, key, to, name, scope);
  const folder = await mkdtemp(join(tmpdir(), 'golive-archive-'));
  try {
    const { file, rows } = await writeArchive(db, key, folder, name, scope);
    const address = await uploadVerified(location, file, 'application/gzip');
    // The manifest is uploaded last: an archive without one is an incomplete upload.
    await uploadVerified(location, `${file}.manifest.json`, 'application/json');
    return { file: address, rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Parses `s3://bucket/prefix`; undefined for a folder. */
function parseBucketLocation(to: string): BucketLocation | undefined {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(to) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix: prefix ? `${prefix}/` : '' };
}

async function uploadVerified({ bucket, prefix }: BucketLocation, file: string, contentType: string): Promise<string> {
  const { size: length } = await stat(file);
  const key = `${prefix}${basename(file)}`;
  const address = `s3://${bucket}/${key}`;
  if (length > MAX_BYTES) throw new Error(`${address} would be larger than one upload may be: archive to a folder`);
  const sha256 = await digestOf(createReadStream(file));
  const body = createReadStream(file);
  await putWithObjectLock({ bucket, key, body, contentType, length, sha256, timeoutMs: TIMEOUT_MS });
  const storedDigest = await digestOf(await readObject(bucket, key, TIMEOUT_MS));
  if (storedDigest !== sha256) throw new Error(`the archive ${address} is not what was uploaded`);
  return address;
}

async function digestOf(stream: Readable): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of stream) digest.update(chunk as Buffer);
  return digest.digest('base64');
}

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
