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
/** An empty field is a key without an end. */
const maybeDays = z
  .literal('')
  .transform(() => null)
  .or(days);

export const registerAgent = defineAction('registerAgent', registry.newAgent, async (agent, { act }) =>
  refreshed(await registry.registerAgent(db(), act, agent)),
);

export const disableAgent = defineAction('disableAgent', one, async ({ id }, { act }) =>
  refreshed(await registry.setAgentDisabled(db(), act, id, true)),
);

export const enableAgent = defineAction('enableAgent', one, async ({ id }, { act }) =>
  refreshed(await registry.setAgentDisabled(db(), act, id, false)),
);

export const issueAgentKey = defineAction('issueAgentKey', one.extend({ days: maybeDays }), async (input, { act }) =>
  refreshed(await keys.issueKey(db(), act, input.id, input.days)),
);

export const rotateAgentKey = defineAction(
  'rotateAgentKey',
  one.extend({ hours: z.coerce.number().int().min(1).max(720), days: maybeDays }),
  async ({ id, hours, days }, { act }) => refreshed(await keys.rotateKey(db(), act, id, { overlapHours: hours, days })),
);

export const expireAgentKey = defineAction('expireAgentKey', one.extend({ days }), async (input, { act }) =>
  refreshed(await keys.expireKey(db(), act, input.id, input.days)),
);

export const revokeAgentKey = defineAction('revokeAgentKey', one, async ({ id }, { act }) =>
  refreshed(await keys.revokeKey(db(), act, id)),
);

export const redriveAgentBatches = defineAction('redriveAgentBatches', z.object({}), async (_input, { act }) => {
  const redriven = await redriveDeadLetters(db(), act);
  return refreshed(redriven.ok ? ok({ batches: redriven.value }) : redriven);
});

/** The figures and lists around the form show what has just changed. */
function refreshed<T>(result: Result<T>): Result<T> {
  if (result.ok) refresh();
  return result;
}
