import type { Clock } from '../../../infra/release/ecs/clock.ts';
import type { RolloutScript, TaskScript } from './scripts.ts';

/** The account that the fake server keeps in memory. Shapes are those of the wire; times are milliseconds of the clock. */
export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';
export const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

export interface FakeTaskDefinition {
  taskDefinitionArn: string;
  family: string;
  revision: number;
  status: 'ACTIVE' | 'INACTIVE';
  cpu: string;
  memory: string;
  taskRoleArn: string;
  executionRoleArn: string;
  containerDefinitions: {
    name: string;
    image: string;
    portMappings?: { containerPort: number; protocol: string }[];
    environment: { name: string; value: string }[];
    secrets: { name: string; valueFrom: string }[];
    logConfiguration: { logDriver: string; options: Record<string, string> };
  }[];
}

export interface FakeTask {
  arn: string;
  family: string;
  taskDefinition: string;
  container: string;
  startedBy: string;
  command: string[];
  createdAt: number;
  /** Set by StopTask: the moment, and why. */
  stopping?: { at: number; reason: string };
  script: TaskScript;
}

export interface FakeDeployment {
  id: string;
  arn: string;
  taskDefinition: string;
  createdAt: number;
  script: RolloutScript;
  /** A rollback of this deployment. */
  undoes?: string;
  /** Set once it is over. */
  outcome?: 'completed' | 'failed' | 'stopped';
  reason?: string;
  endedAt?: number;
}

export interface FakeService {
  name: string;
  desiredCount: number;
  /** Oldest first; the last is PRIMARY. */
  deployments: FakeDeployment[];
  events: { at: number; message: string }[];
  stoppedTasks: { arn: string; startedBy: string; stopCode: string; stoppedReason: string; exitCode?: number }[];
}

export interface FakeState {
  clock: Clock;
  taskDefinitions: Map<string, FakeTaskDefinition>;
  tasks: FakeTask[];
  /** Answers by clientToken, as ECS keeps them. */
  tokens: Map<string, FakeTask>;
  /** What the next tasks of a family do, and after those its last one. */
  taskScripts: Map<string, TaskScript[]>;
  services: Map<string, FakeService>;
  rolloutScripts: Map<string, RolloutScript[]>;
  /** By stream. */
  logs: Map<string, { at: number; message: string }[]>;
  logGroups: Set<string>;
  objects: Map<string, string>;
  /** repository@digest */
  images: Set<string>;
  roles: Map<string, { trusts: string }>;
  /** ARN to the JSON text. */
  secrets: Map<string, string>;
  schedules: Map<string, Record<string, unknown> & { Target: { EcsParameters: { TaskDefinitionArn: string } } }>;
  targetGroup: { arn: string; port: number; targetType: string; healthPath: string };
  targets: { id: string; state: string; reason?: string }[];
  subnets: Map<string, { free: number }>;
  securityGroups: Set<string>;
  fargateVcpus: number;
  /** The commit an image was built from, which web answers at /api/health. */
  commits: Map<string, string>;
  /** What /api/health answers instead, for a release that lies or is broken. */
  health?: { status: number; commit: string };
  counter: number;
}

/** Takes the first of several and leaves the last in place. */
export function next<T>(scripts: Map<string, T[]>, key: string, fallback: T): T {
  const left = scripts.get(key) ?? [];
  return (left.length > 1 ? left.shift() : left[0]) ?? fallback;
}
