import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { Alarms } from './observability/alarms.ts';
import { Alerts } from './observability/alerts.ts';
import { Budget } from './observability/budget.ts';
import { Certificate } from './network/certificate.ts';
import { Cluster } from './compute/cluster.ts';
import type { Config } from './config.ts';
import { Dashboard } from './observability/dashboard.ts';
import { Database, DATABASE_NAME, OWNER } from './data/database.ts';
import { DeployRole, deployScopes } from './delivery/deploy-role.ts';
import { releasesBucket } from './release/ecs/environment.ts';
import { Firewall } from './network/firewall.ts';
import { LoadBalancer } from './network/load-balancer.ts';
import { Logs } from './observability/logs.ts';
import { namesOf } from './names.ts';
import { Network } from './network/network.ts';
import { Registry } from './delivery/registry.ts';
import { Releases } from './delivery/releases.ts';
import { Secrets } from './data/secrets.ts';
import { Storage } from './data/storage.ts';
import { TaskEvents } from './observability/task-events.ts';
import { Waf } from './network/waf.ts';

/** The resources that do not change with a release. Created before the first image exists. */
export class Platform extends pulumi.ComponentResource {
  readonly names = namesOf(pulumi.getStack());
  readonly network: Network;
  readonly firewall: Firewall;
  readonly registry: Registry;
  readonly storage: Storage;
  readonly releases: Releases;
  readonly secrets: Secrets;
  readonly logs: Logs;
  readonly database: Database;
  readonly balancer: LoadBalancer;
  readonly cluster: Cluster;
  readonly alarms: Alarms;
  readonly deployRole: DeployRole;

  constructor(name: string, args: { config: Config }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Platform', name, {}, opts);
    const { config } = args;
    const { names } = this;
    const { protection, logRetentionDays } = config.stack;
    const childOf = { parent: this };
    const account = aws.getCallerIdentityOutput({}, childOf).accountId;

    this.network = new Network('network', { config }, childOf);
    this.firewall = new Firewall('firewall', { vpcId: this.network.vpcId }, childOf);

    this.registry = new Registry('registry', { names, protection }, childOf);
    this.storage = new Storage('storage', { config }, childOf);
    const bucketName = account.apply((id) => releasesBucket(pulumi.getStack(), id));
    this.releases = new Releases('releases', { bucketName, protection }, childOf);
    this.logs = new Logs('logs', { names, retentionDays: logRetentionDays }, childOf);

    this.secrets = new Secrets('secrets', { names, protection, operatorSecrets: config.operatorSecrets }, childOf);
    this.database = new Database(
      'database',
      {
        config,
        identifier: names.database,
        subnetIds: this.network.isolatedSubnetIds,
        firewall: this.firewall,
        ownerPassword: this.secrets.ownerPassword,
        logGroups: this.logs.database,
      },
      childOf,
    );
    const { address, port } = this.database.instance;
    this.secrets.connect({ address, port, owner: OWNER, name: DATABASE_NAME });

    const certificate = new Certificate('certificate', { config }, childOf);
    this.balancer = new LoadBalancer(
      'balancer',
      {
        config,
        names,
        vpcId: this.network.vpcId,
        subnetIds: this.network.publicSubnetIds,
        firewall: this.firewall,
        certificateArn: certificate.arn,
        accessLogs: this.storage.accessLogs.ready,
      },
      childOf,
    );
    if (config.waf) new Waf('waf', { names, balancerArn: this.balancer.balancer.arn }, childOf);

    this.cluster = new Cluster('cluster', { names }, childOf);
    this.alarms = this.createMonitoring(config);
    new Budget('budget', { config, names }, childOf);
    const scopes = deployScopes({ config, names, account, platform: this });
    this.deployRole = new DeployRole('deploy-role', { config, names, scopes }, childOf);
    this.registerOutputs({});
  }

  private createMonitoring(config: Config): Alarms {
    const { names, logs, cluster } = this;
    const childOf = { parent: this };
    const seen = { balancer: this.balancer.balancer.arnSuffix, targets: this.balancer.targets.arnSuffix };
    const alerts = new Alerts('alerts', { config, names }, childOf);
    new TaskEvents('task-events', { names, clusterArn: cluster.arn, alerts }, childOf);
    new Dashboard('dashboard', { names, region: config.stack.region, ...seen }, childOf);
    return new Alarms('alarms', { config, names, ...seen, deadLetterQueue: names.schedule, alerts, logs }, childOf);
  }
}
