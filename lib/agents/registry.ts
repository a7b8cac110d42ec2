import { z } from 'zod';
import type { AuditContext } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db, Tx } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { isName } from '../text.ts';
import { withAgentPermission } from './agent-permission.ts';

/** Registration of agents; their keys are in key-admin.ts. Every change is audited in its own transaction. */

export const newAgent = z.object({
  name: z
    .string()
    .trim()
    .regex(/^[a-z][a-z0-9-]{1,39}$/, 'must be 2 to 40 lower-case letters, digits and hyphens, beginning with a letter'),
  description: z
    .string()
    .trim()
    .max(200)
    .refine(isName, 'must not hold characters that nobody sees: controls, zero-width, or what turns the text around')
    .default(''),
  eventsPerSecond: z.coerce.number().int().min(1).max(100_000).default(1000),
});
export type NewAgent = z.output<typeof newAgent>;

const NAME_TAKEN = fail('name_taken', 'An agent with this name already exists.', {
  errors: [{ pointer: '#/name', detail: 'is taken by another agent' }],
});
const NO_AGENT = fail('not_found', 'There is no such agent.');

/**
 * Registers an agent, which has no key yet.
 * @returns its id, `name_taken`, or `forbidden` when the actor no longer has the permission.
 */
export function registerAgent(db: Db, context: AuditContext, agent: NewAgent): Promise<Result<{ id: string }>> {
  return withAgentPermission(db, context, async (tx) => {
    const [added] = await tx.agent.createManyAndReturn({ data: agent, skipDuplicates: true, select: { id: true } });
    if (added === undefined) return NAME_TAKEN;
    await recordAudit(tx, {
      action: 'agent_admin.registered',
      outcome: 'success',
      ...context,
      target: agentTarget({ id: added.id, name: agent.name }),
      metadata: { eventsPerSecond: agent.eventsPerSecond },
    });
    return ok(added);
  });
}

/** Disables an agent and with it all its keys, or enables it again. Fails with `not_found` or `forbidden`. */
export function setAgentDisabled(db: Db, context: AuditContext, id: string, disabled: boolean): Promise<Result<null>> {
  return withAgent(db, context, id, async (tx, agent) => {
    const changed = await tx.agent.updateMany({
      where: { id, disabledAt: disabled ? null : { not: null } },
      data: { disabledAt: disabled ? new Date() : null },
    });
    // Nothing changed: do not record a second event.
    if (changed.count === 0) return ok(null);
    await recordAudit(tx, {
      action: disabled ? 'agent_admin.disabled' : 'agent_admin.enabled',
      outcome: 'success',
      ...context,
      target: agentTarget(agent),
      metadata: {},
    });
    return ok(null);
  });
}

interface AgentName {
  id: string;
  name: string;
}

/** An agent as the target of an audit event. */
export const agentTarget = ({ id, name }: AgentName) => ({ type: 'agent', id, label: name });

/** Runs a change of an existing agent. Fails with `not_found` or `forbidden`. */
export function withAgent<T>(
  db: Db,
  context: AuditContext,
  id: string,
  change: (tx: Tx, agent: AgentName) => Promise<Result<T>>,
): Promise<Result<T>> {
  return withAgentPermission(db, context, async (tx) => {
    const agent = await tx.agent.findUnique({ where: { id }, select: { id: true, name: true } });
    return agent === null ? NO_AGENT : change(tx, agent);
  });
}
