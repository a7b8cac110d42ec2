import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export interface BucketArgs {
  /** Fixed name, only where something outside Pulumi needs it; otherwise Pulumi generates one. */
  bucketName?: pulumi.Input<string>;
  protection: boolean;
  /** Object lock: days during which an object cannot be changed or deleted. Can only be enabled when the bucket is created. */
  lock?: { mode: 'GOVERNANCE' | 'COMPLIANCE'; days: number };
  /** Objects expire after this many days; never by default. */
  expireDays?: number;
  /** Policy statements in addition to the one that denies plain http. */
  statements?: (arn: pulumi.Output<string>) => pulumi.Input<aws.iam.PolicyStatement>[];
}

/** A private, encrypted, versioned bucket that accepts TLS only. */
export class PrivateBucket extends pulumi.ComponentResource {
  readonly bucket: aws.s3.Bucket;
  /** Name of the bucket, resolved once its policy is in place. */
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
    const publicAccessBlock = this.blockPublicAccess(name);
    this.encrypt(name);
    const versioning = this.version(name);
    if (args.lock) this.lock(name, args.lock, versioning);
    this.expire(name, args.expireDays, versioning);
    const policy = this.policy(name, args, publicAccessBlock);
    this.ready = pulumi.all([this.bucket.bucket, policy.id]).apply(([bucket]) => bucket);
    this.registerOutputs({ name: this.bucket.bucket });
  }

  private blockPublicAccess(name: string) {
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

  private policy(name: string, { statements }: BucketArgs, publicAccessBlock: pulumi.Resource) {
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
      { parent: this, dependsOn: [publicAccessBlock] },
    );
  }
}
