import * as pulumi from '@pulumi/pulumi';
import { PROCESSES, type Process } from '#lib/release/contract.ts';
import type { Config, ReleaseConfig } from '../config.ts';
import type { Environment } from '../release/ecs/environment.ts';
import type { Platform } from '../platform.ts';
import { Prune } from './prune.ts';
import { ReleaseOrder, type OpenSession } from '../delivery/release-order.ts';
import { Task } from './task.ts';
import { Web } from './web.ts';
import { Worker } from './worker.ts';

interface ServicesArgs {
  config: Config;
  release: ReleaseConfig;
  platform: Platform;
  open: OpenSession;
}

/** Size of the migrate task: index builds need more than the smallest task. */
const MIGRATE_SIZE = { cpu: 512, memory: 1024 };

/** A release: four task definitions of two images, updated in a fixed order. */
export class Services extends pulumi.ComponentResource {
  constructor(name: string, args: ServicesArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Services', name, {}, opts);
    const { config, release, platform } = args;
    const inside = { parent: this };
    const { migrate, web, worker, prune } = this.tasks(args);
    const taskDefinitions = pulumi.output({
      migrate: migrate.definition.arn,
      web: web.definition.arn,
      worker: worker.definition.arn,
      prune: prune.definition.arn,
    });
    const environment = describe(args);
    const order = new ReleaseOrder(
      pulumi.output({ environment, bucket: platform.releases.bucket, release, taskDefinitions }),
      args.open,
    );
    const placement = {
      config,
      names: platform.names,
      cluster: platform.cluster,
      firewall: platform.firewall,
      subnetIds: platform.network.privateSubnetIds,
      order,
    };
    platform.releases.describe(environment);
    const alarmNames = platform.alarms.stopRollout;
    const webService = new Web(
      'web',
      { ...placement, task: web, migrate, balancer: platform.balancer, alarmNames },
      inside,
    );
    const workerService = new Worker('worker', { ...placement, task: worker, web: webService }, inside);
    const pruneSchedule = new Prune(
      'prune',
      { ...placement, task: prune, web: webService, worker: workerService },
      inside,
    );
    const updated = [webService.service, workerService.service, pruneSchedule.schedule];
    const { commit, runner, migrator } = release;
    platform.releases.recordRunning({ commit, runner, migrator, taskDefinitions }, order, updated);
    this.registerOutputs({});
  }

  private tasks({ config, release, platform }: ServicesArgs): Record<Process, Task> {
    const { bucket } = platform.storage.archive;
    const shared = {
      config,
      release,
      names: platform.names,
      logs: platform.logs,
      registry: platform.registry,
      secrets: platform.secrets,
      archiveBucket: bucket.bucket,
      archiveArn: bucket.arn,
    };
    const sizes = { web: config.web, worker: config.worker, prune: config.worker, migrate: MIGRATE_SIZE };
    const createTask = (process: Process) => {
      const { cpu, memory } = sizes[process];
      return new Task(`${process}-task`, { ...shared, process, cpu, memory }, { parent: this });
    };
    return Object.fromEntries(PROCESSES.map((process) => [process, createTask(process)])) as Record<Process, Task>;
  }
}

/** What commands need to know about a stack to work on it. */
function describe({ config, platform }: ServicesArgs): pulumi.Output<Environment> {
  const { names, cluster, network, firewall, balancer } = platform;
  const perProcess = (name: (process: Process) => string) => ({
    web: name('web'),
    worker: name('worker'),
    migrate: name('migrate'),
    prune: name('prune'),
  });
  return pulumi.output({
    format: 1 as const,
    stack: pulumi.getStack(),
    region: config.stack.region,
    cluster: cluster.clusterName,
    services: { web: names.service('web'), worker: names.service('worker') },
    families: perProcess(names.family),
    logGroups: perProcess(names.logGroup),
    schedule: { name: 'prune', group: names.base },
    network: {
      subnets: network.privateSubnetIds,
      securityGroups: [firewall.tasks.id],
      assignPublicIp: false,
    },
    targetGroup: balancer.targets.arn,
    origin: `https://${config.dns.domain}`,
  });
}
