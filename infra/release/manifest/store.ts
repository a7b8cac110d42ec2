import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { EcsFailure } from '../ecs/failure.ts';
import type { Session } from '../ecs/session.ts';

/** JSON documents in the releases bucket. */

/** @throws EcsFailure `failed` when there is no such document. */
export async function readJson({ aws }: Session, bucket: string, key: string): Promise<unknown> {
  try {
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return JSON.parse((await Body?.transformToString()) ?? 'null');
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey')
      throw new EcsFailure('failed', `s3://${bucket}/${key} does not exist`, { cause: error });
    if (error instanceof Error && error.name === 'NoSuchBucket')
      throw new EcsFailure('failed', `there is no bucket ${bucket}: was this stack ever deployed?`, { cause: error });
    throw error;
  }
}

/** Puts a document under its key, as a new version if the key is taken. @throws the SDK's error when the bucket refuses it. */
export async function writeJson({ aws }: Session, bucket: string, key: string, value: unknown): Promise<void> {
  await aws.s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: `${JSON.stringify(value, null, 2)}\n`,
      ContentType: 'application/json',
    }),
  );
}

/** Keys under a prefix, in the order of their names. */
export async function listKeys({ aws }: Session, bucket: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let from: string | undefined;
  do {
    const page = await aws.s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(from && { ContinuationToken: from }) }),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
    from = page.NextContinuationToken;
  } while (from !== undefined);
  return keys.sort();
}
