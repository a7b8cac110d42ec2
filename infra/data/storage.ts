import * as pulumi from '@pulumi/pulumi';
import { PrivateBucket } from './bucket.ts';
import type { Config } from '../config.ts';

/** Retention of access logs in days. */
const ACCESS_LOG_DAYS = 90;

/** Two buckets: the load balancer's access logs, and the audit log's anchors and archives, which are protected by an object lock. */
export class Storage extends pulumi.ComponentResource {
  readonly accessLogs: PrivateBucket;
  readonly archive: PrivateBucket;

  constructor(name: string, args: { config: Config }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Storage', name, {}, opts);
    const { stack, archive } = args.config;
    this.accessLogs = new PrivateBucket(
      `${name}-access-logs`,
      {
        protection: false,
        expireDays: ACCESS_LOG_DAYS,
        statements: (arn) => [
          {
            Sid: 'LoadBalancerWrites',
            Effect: 'Allow',
            Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
            Action: 's3:PutObject',
            Resource: pulumi.interpolate`${arn}/*`,
          },
        ],
      },
      { parent: this },
    );
    this.archive = new PrivateBucket(
      `${name}-archive`,
      { protection: stack.protection, lock: { mode: archive.lockMode, days: archive.lockDays } },
      { parent: this },
    );
    this.registerOutputs({ archive: this.archive.bucket.bucket });
  }
}
