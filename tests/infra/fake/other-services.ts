import { AwsError, type Actions, type Input } from './protocol.ts';
import { ACCOUNT, arn, type FakeState } from './state.ts';

/** Everything around ECS, by signing name: each no more than what the release commands ask of it. */
const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** `Prefix.1`, `Prefix.2` ... of a form. */
const numbered = (input: Input, prefix: string) =>
  Object.entries(input).flatMap(([key, value]) => (key.startsWith(`${prefix}.`) ? [text(value)] : []));

export const surroundings: Record<string, Actions> = {
  sts: {
    GetCallerIdentity: () => ({
      Account: ACCOUNT,
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci`,
      UserId: 'AROA',
    }),
  },
  s3: {
    GetObject(world, input) {
      const found = world.objects.get(`${text(input.bucket)}/${text(input.key)}`);
      if (found === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
      return found;
    },
    PutObject(world, input) {
      world.objects.set(`${text(input.bucket)}/${text(input.key)}`, text(input.body));
      return '';
    },
    ListBucket(world, input) {
      const start = `${text(input.bucket)}/`;
      const keys = [...world.objects.keys()].filter((key) => key.startsWith(start + text(input.prefix)));
      const items = keys.map((key) => `<Contents><Key>${key.slice(start.length)}</Key></Contents>`);
      return `<ListBucketResult><IsTruncated>false</IsTruncated>${items.join('')}</ListBucketResult>`;
    },
  },
  logs: {
    GetLogEvents(world, input) {
      const lines = world.logs.get(text(input.logStreamName));
      if (!lines) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
      return { events: lines.map(({ at, message }) => ({ message, timestamp: at })) };
    },
    FilterLogEvents(world, input) {
      const pattern = text(input.filterPattern).replaceAll('"', '');
      const since = Number(input.startTime);
      const events = [...world.logs].flatMap(([logStreamName, lines]) =>
        lines
          .map(({ at, message }, index) => ({
            eventId: `${logStreamName}-${index}`,
            message,
            timestamp: at,
            logStreamName,
          }))
          .filter(({ message, timestamp }) => message.includes(pattern) && timestamp >= since),
      );
      return { events };
    },
    DescribeLogGroups(world, input) {
      const prefix = text(input.logGroupNamePrefix);
      return {
        logGroups: [...world.logGroups]
          .filter((name) => name.startsWith(prefix))
          .map((logGroupName) => ({ logGroupName })),
      };
    },
  },
  secretsmanager: {
    DescribeSecret(world, input) {
      const [ARN, value] = secretOf(world, input);
      return { ARN, VersionIdsToStages: value === '' ? {} : { v1: ['AWSCURRENT'] } };
    },
    GetSecretValue: (world, input) => ({ ARN: secretOf(world, input)[0], SecretString: secretOf(world, input)[1] }),
  },
  ecr: {
    DescribeImages(world, input) {
      const digests = (input.imageIds as { imageDigest: string }[]).map(({ imageDigest }) => imageDigest);
      const missing = digests.find((digest) => !world.images.has(`${text(input.repositoryName)}@${digest}`));
      if (missing) throw new AwsError('ImageNotFoundException', `The image with imageId ${missing} does not exist.`);
      return { imageDetails: digests.map((imageDigest) => ({ imageDigest })) };
    },
  },
  iam: {
    GetRole(world, input) {
      const role = world.roles.get(text(input.RoleName));
      if (!role) throw new AwsError('NoSuchEntity', `The role with name ${text(input.RoleName)} cannot be found.`, 404);
      const trust = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: role.trusts } }] };
      return {
        Role: {
          RoleName: text(input.RoleName),
          Arn: `arn:aws:iam::${ACCOUNT}:role/${text(input.RoleName)}`,
          AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)),
        },
      };
    },
  },
  elasticloadbalancing: {
    DescribeTargetGroups({ targetGroup: group }, input) {
      if (!numbered(input, 'TargetGroupArns.member').includes(group.arn))
        throw new AwsError('TargetGroupNotFound', 'One or more target groups not found');
      return {
        TargetGroups: [
          {
            TargetGroupArn: group.arn,
            Port: group.port,
            Protocol: 'HTTP',
            TargetType: group.targetType,
            HealthCheckPath: group.healthPath,
          },
        ],
      };
    },
    DescribeTargetHealth: ({ targets }) => ({
      TargetHealthDescriptions: targets.map(({ id, state, reason }) => ({
        Target: { Id: id },
        TargetHealth: { State: state, ...(reason && { Reason: reason }) },
      })),
    }),
  },
  ec2: {
    DescribeSubnets: (world, input) => ({
      subnetSet: numbered(input, 'SubnetId').map((subnetId) => {
        const subnet = world.subnets.get(subnetId);
        if (!subnet) throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
        return { subnetId, availableIpAddressCount: subnet.free };
      }),
    }),
    DescribeSecurityGroups: (world, input) => ({
      securityGroupInfo: numbered(input, 'GroupId').map((groupId) => {
        if (!world.securityGroups.has(groupId))
          throw new AwsError('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`);
        return { groupId };
      }),
    }),
  },
  servicequotas: {
    GetServiceQuota: ({ fargateVcpus }) => ({ Quota: { QuotaCode: 'L-3032A538', Value: fargateVcpus } }),
  },
  scheduler: {
    GetSchedule(world, input) {
      const schedule = world.schedules.get(text(input.Name));
      if (!schedule) throw new AwsError('ResourceNotFoundException', 'Schedule does not exist.', 404);
      return { Name: input.Name, GroupName: input.GroupName, ...schedule };
    },
    UpdateSchedule(world, input) {
      const { Name, ...rest } = input;
      world.schedules.set(text(Name), rest as never);
      return { ScheduleArn: arn('scheduler', `schedule/golive-staging/${text(Name)}`) };
    },
  },
};

function secretOf(world: FakeState, input: Input): [string, string] {
  const found = [...world.secrets].find(([secret]) => secret === input.SecretId);
  if (!found) throw new AwsError('ResourceNotFoundException', 'Secrets Manager can’t find the specified secret.');
  return found;
}
