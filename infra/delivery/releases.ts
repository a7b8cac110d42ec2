import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { PrivateBucket } from '../data/bucket.ts';
import { ENVIRONMENT_KEY, type Environment } from '../release/ecs/environment.ts';
import type { ReleaseConfig } from '../config.ts';
import type { Plan, ReleaseOrder } from './release-order.ts';

/** The manifest of releases, and beside it a description of the stack for commands that have nothing but AWS credentials. */
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

  /** What this update leaves running. It changes exactly when a task definition does, and last: recording the release hangs on it. */
  note(
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
