import { SERVICES, primaryOf } from '../../infra/release/ecs/live.ts';
import { verifyRollout } from '../../infra/release/rollout/verify.ts';
import { seconds, type Command } from './command.ts';

const TIMEOUT_SECONDS = 1_500;

export const wait: Command = {
  usage: `[--timeout SECONDS]
Waits until web and worker have completed the deployments they are on now. A rollback in the meantime is a failure.`,
  options: { timeout: { type: 'string' } },
  async run({ session, stack, values }) {
    const timeoutSeconds = seconds(values, 'timeout') ?? TIMEOUT_SECONDS;
    const { cluster, region } = stack;
    const primaries = await Promise.all(SERVICES.map((name) => primaryOf(session, stack, name)));
    const deployments: Record<string, string> = {};
    for (const [index, name] of SERVICES.entries()) {
      const taskDefinition = primaries[index]?.taskDefinition ?? '';
      const options = { cluster, region, service: stack.services[name], taskDefinition, timeoutSeconds };
      deployments[name] = await verifyRollout({ ...options, log: session.log }, session);
    }
    return { ending: 'done', data: { deployments }, lines: ['web and worker are where they should be'] };
  },
};
