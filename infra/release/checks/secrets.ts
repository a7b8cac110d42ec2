import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Session } from '../ecs/session.ts';
import { check, type Check, type CheckOutcome, type CheckContext } from './check.ts';

/** `arn:aws:secretsmanager:region:account:secret:name` and, for one key of a JSON secret, `:key:stage:version`. */
const VALUE_FROM = /^(?<arn>arn:[^:]+:secretsmanager:[^:]*:\d*:secret:[^:]+)(?::(?<key>[^:]*))?/;

/** Checks that every secret of a task exists, has a value and contains the referenced key. The values stay in this file. */
export function checkSecrets({ session, definitions }: CheckContext): Promise<Check[]> {
  const wanted = Object.values(definitions).flatMap(({ containerDefinitions = [] }) =>
    containerDefinitions.flatMap(({ secrets = [] }) => secrets.map(({ valueFrom = '' }) => valueFrom)),
  );
  return Promise.all(
    [...new Set(wanted)].map((valueFrom) => {
      const { arn, key = '' } = VALUE_FROM.exec(valueFrom)?.groups ?? {};
      const name = arn?.split(':').at(-1) ?? valueFrom;
      return check(`secret ${name}${key && ` key ${key}`}`, () =>
        arn === undefined
          ? Promise.resolve({ problem: `${valueFrom} is not in Secrets Manager` })
          : key === ''
            ? hasValue(session, arn)
            : hasKey(session, arn, key),
      );
    }),
  );
}

async function hasValue({ aws }: Session, arn: string): Promise<CheckOutcome> {
  try {
    const { DeletedDate, VersionIdsToStages = {} } = await aws.secrets.send(
      new DescribeSecretCommand({ SecretId: arn }),
    );
    if (DeletedDate) return { problem: 'is scheduled for deletion' };
    const current = Object.values(VersionIdsToStages).some((stages) => stages.includes('AWSCURRENT'));
    return current ? { fine: 'has a value' } : { problem: 'has no value yet: aws secretsmanager put-secret-value' };
  } catch (error) {
    return missing(error);
  }
}

async function hasKey({ aws }: Session, arn: string, key: string): Promise<CheckOutcome> {
  try {
    const { SecretString = '' } = await aws.secrets.send(new GetSecretValueCommand({ SecretId: arn }));
    return keysOf(SecretString).includes(key) ? { fine: 'holds it' } : { problem: `has no key ${key}` };
  } catch (error) {
    return missing(error);
  }
}

function keysOf(text: string): string[] {
  try {
    return Object.keys(JSON.parse(text) as object);
  } catch {
    return [];
  }
}

function missing(error: unknown): CheckOutcome {
  if (error instanceof Error && error.name === 'ResourceNotFoundException') return { problem: 'does not exist' };
  throw error;
}
