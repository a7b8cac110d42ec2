import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { DEFAULT_PORT, HEALTH_PATH, TIMING } from '#lib/release/contract.ts';
import type { Config } from '../config.ts';
import type { Firewall } from './firewall.ts';
import type { Names } from '../names.ts';

interface LoadBalancerArgs {
  config: Config;
  names: Names;
  vpcId: pulumi.Input<string>;
  subnetIds: pulumi.Input<string[]>;
  firewall: Firewall;
  certificateArn: pulumi.Input<string>;
  accessLogs: pulumi.Input<string>;
}

/** TLS 1.3, and 1.2 with forward secrecy for clients that lack it. */
const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-2021-06';

/** The load balancer: https on 443, a redirect on 80, a health check that includes the database, access logs. */
export class LoadBalancer extends pulumi.ComponentResource {
  readonly balancer: aws.lb.LoadBalancer;
  readonly targets: aws.lb.TargetGroup;
  readonly https: aws.lb.Listener;

  constructor(name: string, args: LoadBalancerArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:LoadBalancer', name, {}, opts);
    this.balancer = new aws.lb.LoadBalancer(
      name,
      {
        name: args.names.base,
        loadBalancerType: 'application',
        internal: false,
        subnets: args.subnetIds,
        securityGroups: [args.firewall.balancer.id],
        idleTimeout: TIMING.loadBalancerIdle,
        dropInvalidHeaderFields: true,
        enableDeletionProtection: args.config.stack.protection,
        accessLogs: { bucket: args.accessLogs, enabled: true },
      },
      { parent: this },
    );
    this.targets = this.targetGroup(name, args);
    this.https = this.listen(`${name}-https`, 443, {
      protocol: 'HTTPS',
      sslPolicy: TLS_POLICY,
      certificateArn: args.certificateArn,
      defaultActions: [{ type: 'forward', targetGroupArn: this.targets.arn }],
    });
    this.listen(`${name}-http`, 80, {
      protocol: 'HTTP',
      defaultActions: [{ type: 'redirect', redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } }],
    });
    this.domain(name, args.config.dns);
    this.registerOutputs({ dnsName: this.balancer.dnsName });
  }

  private targetGroup(name: string, { names, vpcId }: LoadBalancerArgs) {
    return new aws.lb.TargetGroup(
      name,
      {
        name: names.family('web'),
        vpcId,
        port: DEFAULT_PORT,
        protocol: 'HTTP',
        targetType: 'ip',
        // A stopping task finishes its requests within `drain` seconds and gets no new ones.
        deregistrationDelay: TIMING.drain,
        healthCheck: {
          path: HEALTH_PATH,
          matcher: '200',
          interval: TIMING.healthInterval,
          timeout: TIMING.healthTimeout,
          healthyThreshold: 2,
          unhealthyThreshold: 3,
        },
      },
      { parent: this },
    );
  }

  private listen(name: string, port: number, args: Omit<aws.lb.ListenerArgs, 'port' | 'loadBalancerArn'>) {
    return new aws.lb.Listener(name, { loadBalancerArn: this.balancer.arn, port, ...args }, { parent: this });
  }

  private domain(name: string, { domain, hostedZoneId }: Config['dns']): void {
    new aws.route53.Record(
      `${name}-domain`,
      {
        zoneId: hostedZoneId,
        name: domain,
        type: 'A',
        aliases: [{ name: this.balancer.dnsName, zoneId: this.balancer.zoneId, evaluateTargetHealth: true }],
      },
      { parent: this },
    );
  }
}
