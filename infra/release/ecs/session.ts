import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { STSClient } from '@aws-sdk/client-sts';
import { type Clock, systemClock } from './clock.ts';
import { backOff } from './retry.ts';

/** Shared dependencies of the verbs: clients, clock, progress output. */
export interface Session {
  aws: Clients;
  clock: Clock;
  /** Writes a progress line. */
  log: (line: string) => void;
  /** Polling interval in milliseconds. */
  pollMs: number;
}

const POLL_MS = 5_000;

/** A session against AWS, or against `AWS_ENDPOINT_URL` when that is set. */
export function openSession(region: string, log: Session['log'], pollMs = POLL_MS, clock = systemClock): Session {
  return { aws: openClients(region, clock), clock, log, pollMs };
}

type Clients = ReturnType<typeof openClients>;

/** Every client that the release commands use. Credentials and `AWS_ENDPOINT_URL` follow the SDK's defaults; the retry strategy is retry.ts. */
function openClients(region: string, clock: Clock) {
  const config = { region, retryStrategy: backOff(clock) };
  return {
    ecs: new ECSClient(config),
    ec2: new EC2Client(config),
    ecr: new ECRClient(config),
    elb: new ElasticLoadBalancingV2Client(config),
    iam: new IAMClient(config),
    logs: new CloudWatchLogsClient(config),
    quotas: new ServiceQuotasClient(config),
    s3: new S3Client(config),
    scheduler: new SchedulerClient(config),
    secrets: new SecretsManagerClient(config),
    sts: new STSClient(config),
  };
}
