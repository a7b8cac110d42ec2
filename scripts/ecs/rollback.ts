import { reconcileCommand } from '../../infra/release/inspect/drift.ts';
import { planRollback, type Step } from '../../infra/release/rollback/plan.ts';
import { rollBack } from '../../infra/release/rollback/rollback.ts';
import { idOf } from '../../infra/release/ecs/task-log.ts';
import { text, type Command } from './command.ts';

export const rollback: Command = {
  usage: `[--to RELEASE] [--dry-run] [--force]
  --to RELEASE  id or commit; without it, the release before what runs, or the last good one when a deployment is under way
  --dry-run     print the plan and change nothing
  --force       go ahead although the older code is not compatible with the applied migrations, or never succeeded
Moves web, worker and the prune schedule together. The database is never rolled back.`,
  options: { to: { type: 'string' }, 'dry-run': { type: 'boolean' }, force: { type: 'boolean' } },
  async run({ session, stack, values }) {
    const plan = await planRollback(session, stack, { to: text(values, 'to'), force: values.force === true });
    const { target, steps } = plan;
    const lines = [`to ${target.id}`, ...steps.map((step) => `  ${describe(step)}`)];
    if (steps.length === 0) return { ending: 'done', data: { target, steps }, lines: [...lines, '  nothing to do'] };
    if (values['dry-run'] === true) return { ending: 'done', data: { target, steps }, lines };
    for (const line of lines) session.log(line);
    const release = await rollBack(session, stack, plan);
    const command = reconcileCommand(stack.stack, target, plan.forced);
    const stale = [
      'Pulumi’s state still names the newer release. Before the next pulumi up of anything else:',
      `  ${command}`,
    ];
    return { ending: 'done', data: { release, reconcile: command }, lines: [`rolled back: ${release.id}`, ...stale] };
  },
};

function describe(step: Step): string {
  if (step.kind === 'stop') return `${step.service}: stop the deployment under way`;
  const what = step.kind === 'service' ? step.service : 'prune';
  return `${what}: ${idOf(step.from)} -> ${idOf(step.to)}`;
}
