import type { Scope } from '../release/permissions.ts';

/** Actions with what each is called on. */
export type Calls = Record<string, Scope | 'state' | 'stateObjects'>;

/**
 * What Pulumi's AWS provider calls when a release changes a resource, for each type that a release changes. Every other type is changed by
 * an operator and listed explicitly. Source: the provider's own code (hashicorp/terraform-provider-aws, internal/service), create and
 * update of each resource and the read after it.
 */
export const RESOURCE_CALLS: Record<string, Calls | 'person'> = {
  // A changed definition is a new one; with skipDestroy the old one is left alone.
  'aws:ecs/taskDefinition:TaskDefinition': {
    'ecs:RegisterTaskDefinition': 'any',
    'ecs:TagResource': 'taskDefinitions',
    'ecs:DescribeTaskDefinition': 'any',
    'iam:PassRole': 'taskRoles',
  },
  'aws:ecs/service:Service': { 'ecs:UpdateService': 'services', 'ecs:DescribeServices': 'services' },
  'aws:scheduler/schedule:Schedule': {
    'scheduler:UpdateSchedule': 'schedule',
    'scheduler:GetSchedule': 'schedule',
    'iam:PassRole': 'taskRoles',
  },
  // The stack's tags travel with the upload, and are read back.
  'aws:s3/bucketObjectv2:BucketObjectv2': {
    's3:PutObject': 'bucketObjects',
    's3:PutObjectTagging': 'bucketObjects',
    's3:GetObject': 'bucketObjects',
    's3:GetObjectTagging': 'bucketObjects',
  },
  'aws:acm/certificate:Certificate': 'person',
  'aws:acm/certificateValidation:CertificateValidation': 'person',
  'aws:appautoscaling/policy:Policy': 'person',
  'aws:appautoscaling/target:Target': 'person',
  'aws:budgets/budget:Budget': 'person',
  'aws:cloudwatch/dashboard:Dashboard': 'person',
  'aws:cloudwatch/eventRule:EventRule': 'person',
  'aws:cloudwatch/eventTarget:EventTarget': 'person',
  'aws:cloudwatch/logGroup:LogGroup': 'person',
  'aws:cloudwatch/logMetricFilter:LogMetricFilter': 'person',
  'aws:cloudwatch/metricAlarm:MetricAlarm': 'person',
  'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup': 'person',
  'aws:ec2/securityGroup:SecurityGroup': 'person',
  'aws:ec2/vpcEndpoint:VpcEndpoint': 'person',
  'aws:ecr/lifecyclePolicy:LifecyclePolicy': 'person',
  'aws:ecr/repository:Repository': 'person',
  'aws:ecs/cluster:Cluster': 'person',
  'aws:ecs/clusterCapacityProviders:ClusterCapacityProviders': 'person',
  'aws:iam/role:Role': 'person',
  'aws:iam/rolePolicy:RolePolicy': 'person',
  'aws:lb/listener:Listener': 'person',
  'aws:lb/loadBalancer:LoadBalancer': 'person',
  'aws:lb/targetGroup:TargetGroup': 'person',
  'aws:rds/instance:Instance': 'person',
  'aws:rds/parameterGroup:ParameterGroup': 'person',
  'aws:rds/subnetGroup:SubnetGroup': 'person',
  'aws:route53/record:Record': 'person',
  'aws:s3/bucket:Bucket': 'person',
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': 'person',
  'aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration': 'person',
  'aws:s3/bucketPolicy:BucketPolicy': 'person',
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': 'person',
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': 'person',
  'aws:s3/bucketVersioning:BucketVersioning': 'person',
  'aws:scheduler/scheduleGroup:ScheduleGroup': 'person',
  'aws:secretsmanager/secret:Secret': 'person',
  'aws:secretsmanager/secretVersion:SecretVersion': 'person',
  'aws:sns/topic:Topic': 'person',
  'aws:sns/topicPolicy:TopicPolicy': 'person',
  'aws:sns/topicSubscription:TopicSubscription': 'person',
  'aws:sqs/queue:Queue': 'person',
  'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule': 'person',
  'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': 'person',
  'aws:wafv2/webAcl:WebAcl': 'person',
  'aws:wafv2/webAclAssociation:WebAclAssociation': 'person',
  'random:index/randomPassword:RandomPassword': 'person',
};

/** Calls of every run of the program: its own data sources and those of components. */
export const LOOKUP_CALLS: Record<string, Calls> = {
  // Needs no permission.
  'aws:index/getCallerIdentity:getCallerIdentity': {},
  'aws:ec2/getRouteTables:getRouteTables': { 'ec2:DescribeRouteTables': 'any' },
  'aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider': {
    'iam:ListOpenIDConnectProviders': 'any',
    'iam:GetOpenIDConnectProvider': 'any',
  },
  'awsx:ec2:Vpc': { 'ec2:DescribeAvailabilityZones': 'any' },
};

/** What the commands of the pipeline's steps call, beside `npm run ecs` and the resources. */
export const STEP_CALLS: Record<string, Calls> = {
  'aws ecr get-login-password': { 'ecr:GetAuthorizationToken': 'any' },
  // AWS, "IAM permissions for pushing an image": reading back is for layers that are there already.
  'skopeo copy': {
    'ecr:BatchCheckLayerAvailability': 'repositories',
    'ecr:InitiateLayerUpload': 'repositories',
    'ecr:UploadLayerPart': 'repositories',
    'ecr:CompleteLayerUpload': 'repositories',
    'ecr:PutImage': 'repositories',
    'ecr:BatchGetImage': 'repositories',
  },
  // The state and its lock. Its secrets are encrypted with a passphrase, so no key of KMS is needed.
  'pulumi login': {
    's3:ListBucket': 'state',
    's3:GetObject': 'stateObjects',
    's3:PutObject': 'stateObjects',
    's3:DeleteObject': 'stateObjects',
  },
};
