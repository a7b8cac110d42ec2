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
import { publicOrigin } from '../../_server/http/origin.ts';

const userId = z.object({ id: z.uuid() });
const role = z.enum(ROLES);

/** The reset link in the form that is shown once, to the admin who created it. */
async function shownOnce({ token, expiresAt }: ResetLink) {
  return { link: `${await publicOrigin()}/reset/${token}`, expiresAt: expiresAt.toISOString() };
}

export const createUser = defineAction(
  'createUser',
  z.object({ email: z.string(), name: z.string(), role }),
  async (input, { context }) => {
    const created = await create.createUser(db(), context, input);
    if (!created.ok) return created;
    return refreshed(ok({ ...(await shownOnce(created.value.reset)), email: input.email }));
  },
);

export const createResetLink = defineAction('createResetLink', userId, async ({ id }, { context }) => {
  const made = await admin.createResetLink(db(), context, id);
  return made.ok ? ok(await shownOnce(made.value)) : made;
});

export const changeRole = defineAction('changeRole', userId.extend({ role }), async (input, { context }) =>
  refreshed(await admin.changeRole(db(), context, input.id, input.role)),
);

export const disableUser = defineAction('disableUser', userId, async ({ id }, { context }) =>
  refreshed(await admin.disableUser(db(), context, id)),
);

export const enableUser = defineAction('enableUser', userId, async ({ id }, { context }) =>
  refreshed(await admin.enableUser(db(), context, id)),
);

export const revokeSessions = defineAction('revokeSessions', userId, async ({ id }, { context }) =>
  refreshed(await admin.revokeSessions(db(), context, id)),
);

/** Refreshes the page's lists after a successful change. */
function refreshed<T>(result: Result<T>): Result<T> {
  if (result.ok) refresh();
  return result;
}
