'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import * as keys from '#lib/agents/key-admin.ts';
import { redriveDeadLetters } from '#lib/agents/processing/redrive.ts';
import * as registry from '#lib/agents/registry.ts';
import { db } from '#lib/db.ts';
import { ok, type Result } from '#lib/errors.ts';
import { defineAction } from '../../../_server/action.ts';

const one = z.object({ id: z.uuid() });
const days = z.coerce.number().int().min(1).max(3650);
/** An empty field means a key that does not expire. */
const maybeDays = z
  .literal('')
  .transform(() => null)
  .or(days);

export const registerAgent = defineAction('registerAgent', registry.newAgent, async (agent, { context }) =>
  refreshed(await registry.registerAgent(db(), context, agent)),
);

export const disableAgent = defineAction('disableAgent', one, async ({ id }, { context }) =>
  refreshed(await registry.setAgentDisabled(db(), context, id, true)),
);

export const enableAgent = defineAction('enableAgent', one, async ({ id }, { context }) =>
  refreshed(await registry.setAgentDisabled(db(), context, id, false)),
);

export const issueAgentKey = defineAction(
  'issueAgentKey',
  one.extend({ days: maybeDays }),
  async (input, { context }) => refreshed(await keys.issueKey(db(), context, input.id, input.days)),
);

export const rotateAgentKey = defineAction(
  'rotateAgentKey',
  one.extend({ hours: z.coerce.number().int().min(1).max(720), days: maybeDays }),
  async ({ id, hours, days }, { context }) =>
    refreshed(await keys.rotateKey(db(), context, id, { overlapHours: hours, days })),
);

export const expireAgentKey = defineAction('expireAgentKey', one.extend({ days }), async (input, { context }) =>
  refreshed(await keys.expireKey(db(), context, input.id, input.days)),
);

export const revokeAgentKey = defineAction('revokeAgentKey', one, async ({ id }, { context }) =>
  refreshed(await keys.revokeKey(db(), context, id)),
);

export const redriveAgentBatches = defineAction('redriveAgentBatches', z.object({}), async (_input, { context }) => {
  const redriven = await redriveDeadLetters(db(), context);
  return refreshed(redriven.ok ? ok({ batches: redriven.value }) : redriven);
});

/** Refreshes the page's figures and lists after a successful change. */
function refreshed<T>(result: Result<T>): Result<T> {
  if (result.ok) refresh();
  return result;
}
