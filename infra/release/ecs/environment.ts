import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { z } from 'zod';
import { EcsFailure } from './failure.ts';
import type { Session } from './session.ts';
import { readJson } from '../manifest/store.ts';

const perProcess = z.object({ web: z.string(), worker: z.string(), migrate: z.string(), prune: z.string() });

/**
 * The description of a stack. The Pulumi program writes it to `environment.json` in the releases bucket on every `pulumi up`, so that the
 * commands need AWS credentials only, not Pulumi's state.
 */
export const Environment = z.object({
  format: z.literal(1),
  stack: z.string(),
  region: z.string(),
  cluster: z.string(),
  services: z.object({ web: z.string(), worker: z.string() }),
  families: perProcess,
  logGroups: perProcess,
  /** The EventBridge schedule of the prune task. */
  schedule: z.object({ name: z.string(), group: z.string() }),
  /** Where one-off tasks run: the migrator's subnets and security groups. */
  network: z.object({
    subnets: z.array(z.string()).min(1),
    securityGroups: z.array(z.string()).min(1),
    assignPublicIp: z.boolean().default(false),
  }),
  /** ARN of the target group of web. */
  targetGroup: z.string(),
  /** Public origin, without a trailing slash. */
  origin: z.url(),
});
export type Environment = z.output<typeof Environment>;

export const ENVIRONMENT_KEY = 'environment.json';

/** Name of the releases bucket of a stack; globally unique because it contains the account id. */
export const releasesBucket = (stack: string, accountId: string) => `golive-${stack}-releases-${accountId}`;

/** A stack as used by the commands. */
export interface Stack extends Environment {
  bucket: string;
}

/** @throws EcsFailure when the stack was never deployed or its description cannot be understood. */
export async function readStack(session: Session, stack: string): Promise<Stack> {
  const { Account = '' } = await session.aws.sts.send(new GetCallerIdentityCommand({}));
  const bucket = releasesBucket(stack, Account);
  const parsed = Environment.safeParse(await readJson(session, bucket, ENVIRONMENT_KEY));
  if (parsed.success) return { ...parsed.data, bucket };
  const fields = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  throw new EcsFailure('failed', [`s3://${bucket}/${ENVIRONMENT_KEY} is not usable:`, ...fields].join('\n'));
}
