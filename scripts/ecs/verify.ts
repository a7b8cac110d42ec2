import { verifyStack } from '../../infra/release/inspect/verify.ts';
import { table, type Command } from './command.ts';

export const verify: Command = {
  usage: `[--image REF]...
  --image REF  an image that is about to be deployed, by digest; may be repeated
Looks at image digests, roles, secrets and their keys, log groups, target group and port, quota and addresses. A skipped check is one that
could not be made; it is not a passed one, and does not fail the command.`,
  options: { image: { type: 'string', multiple: true } },
  async run({ session, stack, values }) {
    const checks = await verifyStack(session, stack, (values.image as string[] | undefined) ?? []);
    const count = (state: string) => checks.filter((one) => one.state === state).length;
    const sum = `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
    return {
      ending: count('failed') > 0 ? 'failed' : 'done',
      data: { checks },
      lines: [...table(checks.map(({ state, name, detail }) => [state, name, detail])), sum],
    };
  },
};
