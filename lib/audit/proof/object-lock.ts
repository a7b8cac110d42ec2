import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';

const LOCK_DURATION_MS = 365 * 24 * 60 * 60 * 1000;

export interface Upload {
  bucket: string;
  key: string;
  body: string | Readable;
  contentType: string;
  /** Length of the body in bytes; required for streams. */
  length?: number;
  /** SHA-256 of the body in base64, checked by S3. */
  sha256?: string;
  timeoutMs: number;
}

/**
 * Puts an object under S3 Object Lock in compliance mode: it cannot be changed or deleted for a year, not even by the account's owner.
 * @throws errors of S3, e.g. for a bucket without Object Lock.
 */
export async function putWithObjectLock({
  bucket,
  key,
  body,
  contentType,
  length,
  sha256,
  timeoutMs,
}: Upload): Promise<void> {
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: body,
    ContentType: contentType,
    ...(length === undefined ? {} : { ContentLength: length }),
    ...(sha256 === undefined ? {} : { ChecksumSHA256: sha256 }),
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: new Date(Date.now() + LOCK_DURATION_MS),
  });
  await new S3Client().send(put, { abortSignal: AbortSignal.timeout(timeoutMs) });
}

/** @throws errors of S3, or when the response has no body. */
export async function readObject(bucket: string, key: string, timeoutMs: number): Promise<Readable> {
  const get = new GetObjectCommand({ Bucket: bucket, Key: key });
  const { Body } = await new S3Client().send(get, { abortSignal: AbortSignal.timeout(timeoutMs) });
  if (Body === undefined) throw new Error(`s3://${bucket}/${key} has no content`);
  return Body as Readable;
}
