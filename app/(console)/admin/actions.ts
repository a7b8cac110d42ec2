'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { ROLES } from '#lib/access/permissions.ts';
import { db } from '#lib/db.ts';
import { ok, type Result } from '#lib/errors.ts';
import * as admin from '#lib/users/admin.ts';
import * as create from '#lib/users/create.ts';
import type { ResetLink } from '#lib/auth/reset.ts';
import { defineAction } from '../../_server/action.ts';
import { publicOrigin } from '../../_server/http/public-origin.ts';

const person = z.object({ id: z.uuid() });
const role = z.enum(ROLES);

/** The link as it is shown: once, to the admin who made it. */
async function shown({ token, expiresAt }: ResetLink) {
  return { link: `${await publicOrigin()}/reset/${token}`, expiresAt: expiresAt.toISOString() };
}

export const createUser = defineAction(
  'createUser',
  z.object({ email: z.string(), name: z.string(), role }),
  async (input, { act }) => {
    const created = await create.createUser(db(), act, input);
    if (!created.ok) return created;
    return refreshed(ok({ ...(await shown(created.value.reset)), email: input.email }));
  },
);

export const createResetLink = defineAction('createResetLink', person, async ({ id }, { act }) => {
  const made = await admin.createResetLink(db(), act, id);
  return made.ok ? ok(await shown(made.value)) : made;
});

export const changeRole = defineAction('changeRole', person.extend({ role }), async (input, { act }) =>
  refreshed(await admin.changeRole(db(), act, input.id, input.role)),
);

export const disableUser = defineAction('disableUser', person, async ({ id }, { act }) =>
  refreshed(await admin.disableUser(db(), act, id)),
);

export const enableUser = defineAction('enableUser', person, async ({ id }, { act }) =>
  refreshed(await admin.enableUser(db(), act, id)),
);

export const revokeSessions = defineAction('revokeSessions', person, async ({ id }, { act }) =>
  refreshed(await admin.revokeSessions(db(), act, id)),
);

/** The lists around the form show what has just changed. */
function refreshed<T>(result: Result<T>): Result<T> {
  if (result.ok) refresh();
  return result;
}
