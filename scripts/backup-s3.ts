/** Called by scripts/backup.sh: uploads a backup and its manifest to BACKUP_S3_URI, or deletes all but the newest N. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { runCommand, WrongUsage } from './support/run-command.ts';

/** S3's limit for one request: 5 GiB (Amazon S3 user guide, "Uploading objects"). */
const MAX_BYTES = 5 * 1024 ** 3;
const DUMP = /backup-\d{8}-\d{6}\.dump$/;

const USAGE = `BACKUP_S3_URI=s3://bucket/prefix node scripts/backup-s3.ts put FILE | rotate N
Exit: 0 done, 1 failed, 2 wrong use.`;

async function main({ positionals: [verb, argument] }: { positionals: string[] }): Promise<number> {
  const location = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(process.env.BACKUP_S3_URI ?? '');
  if (!location?.[1]) throw new WrongUsage('BACKUP_S3_URI is not like s3://bucket/prefix');
  if (!argument || (verb !== 'put' && verb !== 'rotate')) throw new WrongUsage('expected put FILE or rotate N');
  const bucket = { Bucket: location[1], prefix: location[2] ? `${location[2]}/` : '' };
  // S3-compatible servers use path-style addressing.
  const s3 = new S3Client({ forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined });
  try {
    if (verb === 'put') await put(s3, bucket, argument);
    else await rotate(s3, bucket, Number(argument));
    return 0;
  } catch (error) {
    throw new Error(`bucket ${location[1]}: ${(error as Error).message}`, { cause: error });
  }
}

interface BucketLocation {
  Bucket: string;
  prefix: string;
}

/** The manifest is uploaded last: a dump without a manifest is incomplete. */
async function put(s3: S3Client, { Bucket, prefix }: BucketLocation, file: string) {
  for (const path of [file, `${file}.manifest.json`]) {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new Error(`${path} is larger than one upload may be; use the aws command for it`);
    const Key = `${prefix}${basename(path)}`;
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: createReadStream(path), ContentLength: size }));
    console.log(`uploaded s3://${Bucket}/${Key}`);
  }
}

async function rotate(s3: S3Client, { Bucket, prefix }: BucketLocation, keep: number) {
  const keys: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: prefix, ...(ContinuationToken ? { ContinuationToken } : {}) }),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key && DUMP.test(Key) ? [Key] : [])));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  const old = keys.sort().reverse().slice(keep);
  for (const key of old) {
    const Objects = [{ Key: key }, { Key: `${key}.manifest.json` }];
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    console.log(`removed s3://${Bucket}/${key}`);
  }
}

await runCommand({ name: 'backup-s3', usage: USAGE, positionals: true }, main);
