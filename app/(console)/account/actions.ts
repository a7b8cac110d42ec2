'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { db } from '#lib/db.ts';
import { ok } from '#lib/errors.ts';
import * as account from '#lib/users/account.ts';
import * as session from '#lib/auth/session.ts';
import { defineAction } from '../../_server/action.ts';
import { forgetSession, replaceSession } from '../../_server/auth/cookie-session.ts';

/** Every session ends with the old password; the one in this browser goes on under a new name. */
export const changePassword = defineAction(
  'changePassword',
  z.object({ currentPassword: z.string().max(1024), newPassword: z.string().max(1024) }),
  async ({ currentPassword, newPassword }, { act }) => {
    const changed = await account.changePassword(db(), act, { current: currentPassword, next: newPassword });
    if (!changed.ok) return changed;
    await replaceSession(changed.value);
    return ok(undefined);
  },
);

export const signOutEverywhere = defineAction('signOutEverywhere', z.object({}), async (_input, { act }) => {
  await session.signOutEverywhere(db(), act);
  await forgetSession();
  redirect('/login?notice=everywhere');
});
