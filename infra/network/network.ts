import * as aws from '@pulumi/aws';
import * as awsx from '@pulumi/awsx';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from '../config.ts';

const NAT = { none: 'None', single: 'Single', 'per-zone': 'OnePerAz' } as const;

/** AWS services that tasks talk to; without a NAT gateway each needs an endpoint inside the network. */
const SERVICES = ['ecr.api', 'ecr.dkr', 'logs', 'secretsmanager'];

/**
 * Three subnet tiers in each availability zone: public (load balancer and NAT), private (tasks: egress only) and isolated (database: no
 * internet). S3 is reached through a gateway endpoint, which is free and keeps image layers off the NAT bill.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly publicSubnetIds: pulumi.Output<string[]>;
  readonly privateSubnetIds: pulumi.Output<string[]>;
  readonly isolatedSubnetIds: pulumi.Output<string[]>;

  constructor(name: string, args: { config: Config }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Network', name, {}, opts);
    const { network, stack } = args.config;
    const vpc = new awsx.ec2.Vpc(
      name,
      {
        cidrBlock: network.cidr,
        numberOfAvailabilityZones: network.zones,
        enableDnsHostnames: true,
        natGateways: { strategy: NAT[network.nat] },
        subnetStrategy: 'Auto',
        subnetSpecs: [
          { type: 'Private', name: 'private', cidrMask: 22 },
          { type: 'Isolated', name: 'isolated', cidrMask: 24 },
          { type: 'Public', name: 'public', cidrMask: 24 },
        ],
      },
      { parent: this },
    );
    this.vpcId = vpc.vpcId;
    this.publicSubnetIds = vpc.publicSubnetIds;
    this.privateSubnetIds = vpc.privateSubnetIds;
    this.isolatedSubnetIds = vpc.isolatedSubnetIds;
    this.s3Endpoint(name, stack.region);
    if (network.nat === 'none') this.serviceEndpoints(name, network.cidr, stack.region);
    this.closeDefaultGroup(name);
    this.registerOutputs({ vpcId: this.vpcId });
  }

  private s3Endpoint(name: string, region: string): void {
    const tables = aws.ec2.getRouteTablesOutput({ vpcId: this.vpcId }, { parent: this });
    new aws.ec2.VpcEndpoint(
      `${name}-s3`,
      {
        vpcId: this.vpcId,
        serviceName: `com.amazonaws.${region}.s3`,
        vpcEndpointType: 'Gateway',
        routeTableIds: tables.ids,
      },
      { parent: this },
    );
  }

  private serviceEndpoints(name: string, cidr: string, region: string): void {
    const group = new aws.ec2.SecurityGroup(
      `${name}-endpoints`,
      { vpcId: this.vpcId, description: 'AWS services inside the network' },
      { parent: this },
    );
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-endpoints-https`,
      { securityGroupId: group.id, cidrIpv4: cidr, ipProtocol: 'tcp', fromPort: 443, toPort: 443 },
      { parent: this },
    );
    for (const service of SERVICES)
      new aws.ec2.VpcEndpoint(
        `${name}-${service}`,
        {
          vpcId: this.vpcId,
          serviceName: `com.amazonaws.${region}.${service}`,
          vpcEndpointType: 'Interface',
          privateDnsEnabled: true,
          subnetIds: this.privateSubnetIds,
          securityGroupIds: [group.id],
        },
        { parent: this },
      );
  }

  /** The default security group without rules. */
  private closeDefaultGroup(name: string): void {
    new aws.ec2.DefaultSecurityGroup(
      `${name}-default`,
      { vpcId: this.vpcId, ingress: [], egress: [] },
      { parent: this },
    );
  }
}
