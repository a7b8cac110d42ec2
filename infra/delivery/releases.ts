import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { PrivateBucket } from '../data/bucket.ts';
import { ENVIRONMENT_KEY, type Environment } from '../release/ecs/environment.ts';
import type { ReleaseConfig } from '../config.ts';
import type { Plan, ReleaseOrder } from './release-order.ts';

/** The bucket of the release manifest and of the stack description for the commands. */
export class Releases extends pulumi.ComponentResource {
  readonly #name: string;
  readonly #bucket: PrivateBucket;

  constructor(
    name: string,
    args: { bucketName: pulumi.Input<string>; protection: boolean },
    opts: pulumi.ComponentResourceOptions,
  ) {
    super('golive:infra:Releases', name, {}, opts);
    this.#name = name;
    this.#bucket = new PrivateBucket(
      name,
      { bucketName: args.bucketName, protection: args.protection },
      { parent: this },
    );
    this.registerOutputs({ bucket: this.bucket });
  }

  /** Name of the bucket, known when it can be written to. */
  get bucket(): pulumi.Output<string> {
    return this.#bucket.ready;
  }

  describe(environment: pulumi.Input<Environment>): void {
    this.#write('environment', ENVIRONMENT_KEY, environment, {});
  }

  /** The running task definitions. Updated last; the hook that records the release is attached to it. */
  recordRunning(
    running: Omit<ReleaseConfig, 'force'> & { taskDefinitions: pulumi.Input<Plan['taskDefinitions']> },
    order: ReleaseOrder,
    after: pulumi.Resource[],
  ): void {
    this.#write('running', 'running.json', running, { hooks: order.running, dependsOn: after });
  }

  #write(label: string, key: string, value: unknown, opts: pulumi.CustomResourceOptions): void {
    new aws.s3.BucketObjectv2(
      `${this.#name}-${label}`,
      { bucket: this.bucket, key, contentType: 'application/json', content: pulumi.jsonStringify(value, undefined, 2) },
      { parent: this, ...opts },
    );
  }
}
