import type { Config } from '../config.ts';
import { UNKNOWN } from './request.ts';

/** Account id of recorded graphs. */
export const ACCOUNT = '123456789012';

interface ResourceRequest {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

type Outputs = Record<string, unknown>;

const text = (value: unknown, fallback: string) => (typeof value === 'string' ? value : fallback);

/** What AWS would answer for the outputs that the program reads; anything else an output asks for is its input. */
function outputsOf({ type, name, inputs }: ResourceRequest, { stack, network }: Config, revision: number): Outputs {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${stack.region}:${ACCOUNT}:${rest}`;
  const named = text(inputs.name, name);
  switch (type) {
    case 'awsx:ec2:Vpc':
      return { vpcId: 'vpc-1', ...subnets(network.zones) };
    case 'aws:rds/instance:Instance':
      return { address: `${text(inputs.identifier, name)}.abc.${stack.region}.rds.amazonaws.com`, port: 5432 };
    case 'aws:acm/certificate:Certificate':
      return {
        arn: arn('acm', `certificate/${name}`),
        domainValidationOptions: [validation(text(inputs.domainName, ''))],
      };
    case 'aws:lb/loadBalancer:LoadBalancer':
      return {
        arn: arn('elasticloadbalancing', `loadbalancer/app/${named}/1`),
        arnSuffix: `app/${named}/1`,
        dnsName: `${named}.elb.amazonaws.com`,
        zoneId: 'Z0ELB',
      };
    case 'aws:lb/targetGroup:TargetGroup':
      return { arn: arn('elasticloadbalancing', `targetgroup/${named}/1`), arnSuffix: `targetgroup/${named}/1` };
    case 'aws:ecs/taskDefinition:TaskDefinition': {
      const family = arn('ecs', `task-definition/${text(inputs.family, name)}`);
      return { arn: `${family}:${revision}`, arnWithoutRevision: family };
    }
    case 'aws:ecs/cluster:Cluster':
      return { arn: arn('ecs', `cluster/${named}`) };
    case 'aws:cloudwatch/logGroup:LogGroup':
      return { arn: arn('logs', `log-group:${named}`) };
    case 'aws:iam/role:Role':
      return { arn: `arn:aws:iam::${ACCOUNT}:role/${named}` };
    case 'aws:ecr/repository:Repository':
      return {
        arn: arn('ecr', `repository/${named}`),
        repositoryUrl: `${ACCOUNT}.dkr.ecr.${stack.region}.amazonaws.com/${named}`,
      };
    case 'aws:s3/bucket:Bucket':
      return {
        bucket: text(inputs.bucket, `${name}-0a1b2c3`),
        arn: `arn:aws:s3:::${text(inputs.bucket, `${name}-0a1b2c3`)}`,
      };
    case 'aws:secretsmanager/secret:Secret':
      return { arn: arn('secretsmanager', `secret:${named}-AbCdEf`) };
    case 'random:index/randomPassword:RandomPassword':
      return { result: `generated-${name}` };
    default:
      return { arn: arn(type.split(/[:/]/)[1] ?? 'aws', named), fqdn: inputs.name ?? named };
  }
}

function subnets(zones: number): Outputs {
  const ring = (name: string) => Array.from({ length: zones }, (_, zone) => `subnet-${name}-${zone + 1}`);
  return { publicSubnetIds: ring('public'), privateSubnetIds: ring('private'), isolatedSubnetIds: ring('isolated') };
}

const validation = (domainName: string) => ({
  domainName,
  resourceRecordName: `_proof.${domainName}`,
  resourceRecordType: 'CNAME',
  resourceRecordValue: '_answer.acm-validations.aws',
});

/**
 * Pulumi mocks that accept every resource. In a preview, generated values are unknown, as in a real one.
 * @param revision number that task definitions get.
 */
export function mocks(config: Config, preview: boolean, revision: number) {
  return {
    newResource(request: ResourceRequest) {
      const outputs = outputsOf(request, config, revision);
      const seen = preview ? Object.fromEntries(Object.keys(outputs).map((key) => [key, UNKNOWN])) : outputs;
      const state = { name: request.name, ...request.inputs, ...seen };
      return { id: preview ? undefined : `${request.name}-id`, state };
    },
    call({ token, inputs }: { token: string; inputs: Outputs }): Outputs {
      switch (token) {
        case 'aws:index/getCallerIdentity:getCallerIdentity':
          return { accountId: ACCOUNT };
        case 'aws:ec2/getRouteTables:getRouteTables':
          return { ids: ['rtb-1', 'rtb-2'] };
        case 'aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider':
          return { arn: `arn:aws:iam::${ACCOUNT}:oidc-provider/${text(inputs.url, '').replace('https://', '')}` };
        default:
          throw new Error(`The recorded cloud knows no answer to ${token}`);
      }
    },
  };
}
