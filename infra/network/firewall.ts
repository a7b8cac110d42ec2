import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { DEFAULT_PORT } from '#lib/release/contract.ts';

const POSTGRES = 5432;
const ANYWHERE = '0.0.0.0/0';

type Group = aws.ec2.SecurityGroup;

/** Security groups. Rules reference groups, not address ranges; only the load balancer is open to the internet. */
export class Firewall extends pulumi.ComponentResource {
  readonly balancer: Group;
  readonly web: Group;
  /** Worker, migrate and prune tasks: no inbound connections. */
  readonly tasks: Group;
  readonly database: Group;

  constructor(name: string, args: { vpcId: pulumi.Input<string> }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Firewall', name, {}, opts);
    const group = (label: string, description: string) =>
      new aws.ec2.SecurityGroup(`${name}-${label}`, { vpcId: args.vpcId, description }, { parent: this });
    this.balancer = group('balancer', 'Load balancer: the only way in');
    this.web = group('web', 'Web tasks: reached by the load balancer');
    this.tasks = group('tasks', 'Worker, migrate and prune tasks: reached by nobody');
    this.database = group('database', 'PostgreSQL: reached by tasks');

    this.openToWorld(`${name}-http`, 80);
    this.openToWorld(`${name}-https`, 443);
    this.allow(`${name}-balancer-web`, this.balancer, this.web, DEFAULT_PORT);
    this.allow(`${name}-web-database`, this.web, this.database, POSTGRES);
    this.allow(`${name}-tasks-database`, this.tasks, this.database, POSTGRES);
    this.httpsOut(`${name}-web-out`, this.web);
    this.httpsOut(`${name}-tasks-out`, this.tasks);
    this.registerOutputs({});
  }

  private openToWorld(name: string, port: number): void {
    new aws.vpc.SecurityGroupIngressRule(
      name,
      { securityGroupId: this.balancer.id, cidrIpv4: ANYWHERE, ipProtocol: 'tcp', fromPort: port, toPort: port },
      { parent: this },
    );
  }

  private allow(name: string, from: Group, to: Group, port: number): void {
    const rule = { ipProtocol: 'tcp', fromPort: port, toPort: port };
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-in`,
      { ...rule, securityGroupId: to.id, referencedSecurityGroupId: from.id },
      { parent: this },
    );
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-out`,
      { ...rule, securityGroupId: from.id, referencedSecurityGroupId: to.id },
      { parent: this },
    );
  }

  /** AWS services, the OpenID provider and webhooks speak https. */
  private httpsOut(name: string, group: Group): void {
    new aws.vpc.SecurityGroupEgressRule(
      name,
      { securityGroupId: group.id, cidrIpv4: ANYWHERE, ipProtocol: 'tcp', fromPort: 443, toPort: 443 },
      { parent: this },
    );
  }
}
