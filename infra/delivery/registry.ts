import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from '../names.ts';

/** Releases whose images are retained as rollback targets. */
const KEPT_RELEASES = 100;
const UNTAGGED_DAYS = 14;

const rule = (rulePriority: number, description: string, selection: object) => ({
  rulePriority,
  description,
  selection,
  action: { type: 'expire' },
});

const LIFECYCLE = JSON.stringify({
  rules: [
    rule(1, 'Layers nobody tagged', {
      tagStatus: 'untagged',
      countType: 'sinceImagePushed',
      countUnit: 'days',
      countNumber: UNTAGGED_DAYS,
    }),
    rule(2, 'Releases no rollback goes back to', {
      tagStatus: 'any',
      countType: 'imageCountMoreThan',
      countNumber: KEPT_RELEASES,
    }),
  ],
});

/** One repository per image of a release. Tags are immutable; images are scanned on push. */
export class Registry extends pulumi.ComponentResource {
  readonly runner: aws.ecr.Repository;
  readonly migrator: aws.ecr.Repository;

  constructor(name: string, args: { names: Names; protection: boolean }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Registry', name, {}, opts);
    this.runner = this.repository(name, 'runner', args);
    this.migrator = this.repository(name, 'migrator', args);
    this.registerOutputs({ runner: this.runner.repositoryUrl, migrator: this.migrator.repositoryUrl });
  }

  private repository(
    name: string,
    target: 'runner' | 'migrator',
    { names, protection }: { names: Names; protection: boolean },
  ) {
    const repository = new aws.ecr.Repository(
      `${name}-${target}`,
      {
        name: names.repository(target),
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: 'AES256' }],
      },
      { parent: this, protect: protection, retainOnDelete: protection },
    );
    new aws.ecr.LifecyclePolicy(
      `${name}-${target}`,
      { repository: repository.name, policy: LIFECYCLE },
      { parent: this },
    );
    return repository;
  }
}
