import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from './config.ts';
import { openSession } from './release/ecs/session.ts';
import { Platform } from './platform.ts';
import type { OpenSession } from './delivery/release-order.ts';
import { Services } from './compute/services.ts';

/**
 * The whole environment: the platform, changed by an operator, and the services, changed by each release. @param open opens the AWS session
 * of the hooks.
 * @returns the stack's outputs.
 */
export function program(config: Config, open: OpenSession = openSession) {
  const provider = new aws.Provider('aws', {
    region: config.stack.region as aws.Region,
    defaultTags: { tags: { project: 'golive', stack: pulumi.getStack(), owner: config.stack.owner } },
  });
  const platform = new Platform('platform', { config }, { providers: { aws: provider } });
  if (config.release !== undefined)
    new Services('services', { config, release: config.release, platform, open }, { providers: { aws: provider } });
  return {
    origin: `https://${config.dns.domain}`,
    runnerRepository: platform.registry.runner.repositoryUrl,
    migratorRepository: platform.registry.migrator.repositoryUrl,
    deployRole: platform.deployRole.arn,
    releasesBucket: platform.releases.bucket,
    archiveBucket: platform.storage.archive.bucket.bucket,
    released: config.release?.commit ?? 'nothing yet',
  };
}
