import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';

const LOCKED_FOR_MS = 365 * 24 * 60 * 60 * 1000;

export interface Upload {
  bucket: string;
  key: string;
  body: string | Readable;
  contentType: string;
  /** Of the body, in bytes; S3 must be told it before a stream. */
  length?: number;
  /** SHA-256 of the body in base64: S3 refuses anything that came through otherwise. */
  sha256?: string;
  timeoutMs: number;
}

/**
 * Puts an object that nobody can change or remove for a year, not even the owner of the account (S3 Object Lock, compliance mode).
 * @throws what S3 answers; a bucket without Object Lock refuses.
 */
export async function putLocked({ bucket, key, body, contentType, length, sha256, timeoutMs }: Upload): Promise<void> {
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: body,
    ContentType: contentType,
    ...(length === undefined ? {} : { ContentLength: length }),
    ...(sha256 === undefined ? {} : { ChecksumSHA256: sha256 }),
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: new Date(Date.now() + LOCKED_FOR_MS),
  });
  await new S3Client().send(put, { abortSignal: AbortSignal.timeout(timeoutMs) });
}

/** @throws what S3 answers, or when there is nothing in the answer. */
export async function readObject(bucket: string, key: string, timeoutMs: number): Promise<Readable> {
  const get = new GetObjectCommand({ Bucket: bucket, Key: key });
  const { Body } = await new S3Client().send(get, { abortSignal: AbortSignal.timeout(timeoutMs) });
  if (Body === undefined) throw new Error(`s3://${bucket}/${key} has no content`);
  return Body as Readable;
}
