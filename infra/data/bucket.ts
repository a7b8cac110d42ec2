import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export interface BucketArgs {
  /** Only where something outside Pulumi must know it; otherwise Pulumi makes a name that is free. */
  bucketName?: pulumi.Input<string>;
  protection: boolean;
  /** Kept from change and deletion for this long after each write; can only be switched on when the bucket is made. */
  lock?: { mode: 'GOVERNANCE' | 'COMPLIANCE'; days: number };
  /** Objects go after this many days; by default they stay. */
  expireDays?: number;
  /** Statements beside the one that refuses plain http. */
  statements?: (arn: pulumi.Output<string>) => pulumi.Input<aws.iam.PolicyStatement>[];
}

/** A bucket as each of ours is: private, encrypted, versioned, reached by TLS alone. */
export class PrivateBucket extends pulumi.ComponentResource {
  readonly bucket: aws.s3.Bucket;
  /** Name of the bucket once its policy stands: whoever writes to it under that policy waits for this. */
  readonly ready: pulumi.Output<string>;

  constructor(name: string, args: BucketArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:PrivateBucket', name, {}, opts);
    this.bucket = new aws.s3.Bucket(
      name,
      {
        ...(args.bucketName === undefined ? {} : { bucket: args.bucketName }),
        objectLockEnabled: args.lock !== undefined,
        forceDestroy: !args.protection && args.lock === undefined,
      },
      { parent: this, protect: args.protection, retainOnDelete: args.protection },
    );
    const closed = this.close(name);
    this.encrypt(name);
    const versioning = this.version(name);
    if (args.lock) this.lock(name, args.lock, versioning);
    this.expire(name, args.expireDays, versioning);
    const policy = this.policy(name, args, closed);
    this.ready = pulumi.all([this.bucket.bucket, policy.id]).apply(([bucket]) => bucket);
    this.registerOutputs({ name: this.bucket.bucket });
  }

  private close(name: string) {
    return new aws.s3.BucketPublicAccessBlock(
      name,
      {
        bucket: this.bucket.bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      { parent: this },
    );
  }

  private encrypt(name: string): void {
    const rules = [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }];
    new aws.s3.BucketServerSideEncryptionConfiguration(name, { bucket: this.bucket.bucket, rules }, { parent: this });
  }

  private version(name: string) {
    return new aws.s3.BucketVersioning(
      name,
      { bucket: this.bucket.bucket, versioningConfiguration: { status: 'Enabled' } },
      { parent: this },
    );
  }

  private lock(name: string, { mode, days }: NonNullable<BucketArgs['lock']>, versioning: pulumi.Resource): void {
    new aws.s3.BucketObjectLockConfiguration(
      name,
      { bucket: this.bucket.bucket, rule: { defaultRetention: { mode, days } } },
      { parent: this, dependsOn: [versioning] },
    );
  }

  private expire(name: string, days: number | undefined, versioning: pulumi.Resource): void {
    const rules = [
      {
        id: 'abandoned-uploads',
        status: 'Enabled',
        filter: {},
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
      ...(days === undefined
        ? []
        : [
            {
              id: 'expire',
              status: 'Enabled',
              filter: {},
              expiration: { days },
              noncurrentVersionExpiration: { noncurrentDays: 1 },
            },
          ]),
    ];
    new aws.s3.BucketLifecycleConfiguration(
      name,
      { bucket: this.bucket.bucket, rules },
      { parent: this, dependsOn: [versioning] },
    );
  }

  private policy(name: string, { statements }: BucketArgs, closed: pulumi.Resource) {
    const { arn } = this.bucket;
    return new aws.s3.BucketPolicy(
      name,
      {
        bucket: this.bucket.bucket,
        policy: pulumi.jsonStringify({
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'TlsOnly',
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:*',
              Resource: [arn, pulumi.interpolate`${arn}/*`],
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
            ...(statements?.(arn) ?? []),
          ],
        }),
      },
      { parent: this, dependsOn: [closed] },
    );
  }
}
