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
import { DeployRole } from './delivery/deploy-role.ts';
import { deployScopes } from './delivery/deploy-scopes.ts';
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

/** Everything that services run on. Comes up before the first image exists, and stays the same from release to release. */
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
    const inside = { parent: this };
    const account = aws.getCallerIdentityOutput({}, inside).accountId;

    this.network = new Network('network', { config }, inside);
    this.firewall = new Firewall('firewall', { vpcId: this.network.vpcId }, inside);

    this.registry = new Registry('registry', { names, protection }, inside);
    this.storage = new Storage('storage', { config }, inside);
    const bucketName = account.apply((id) => releasesBucket(pulumi.getStack(), id));
    this.releases = new Releases('releases', { bucketName, protection }, inside);
    this.logs = new Logs('logs', { names, retentionDays: logRetentionDays }, inside);

    this.secrets = new Secrets('secrets', { names, protection, operatorSecrets: config.operatorSecrets }, inside);
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
      inside,
    );
    const { address, port } = this.database.instance;
    this.secrets.connect({ address, port, owner: OWNER, name: DATABASE_NAME });

    const certificate = new Certificate('certificate', { config }, inside);
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
      inside,
    );
    if (config.waf) new Waf('waf', { names, balancerArn: this.balancer.balancer.arn }, inside);

    this.cluster = new Cluster('cluster', { names }, inside);
    this.alarms = this.watch(config);
    new Budget('budget', { config, names }, inside);
    const scopes = deployScopes({ config, names, account, platform: this });
    this.deployRole = new DeployRole('deploy-role', { config, names, scopes }, inside);
    this.registerOutputs({});
  }

  private watch(config: Config): Alarms {
    const { names, logs, cluster } = this;
    const inside = { parent: this };
    const seen = { balancer: this.balancer.balancer.arnSuffix, targets: this.balancer.targets.arnSuffix };
    const alerts = new Alerts('alerts', { config, names }, inside);
    new TaskEvents('task-events', { names, clusterArn: cluster.arn, alerts }, inside);
    new Dashboard('dashboard', { names, region: config.stack.region, ...seen }, inside);
    return new Alarms('alarms', { config, names, ...seen, deadLetterQueue: names.schedule, alerts, logs }, inside);
  }
}
