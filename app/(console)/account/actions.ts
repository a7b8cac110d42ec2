'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { db } from '#lib/db.ts';
import { ok } from '#lib/errors.ts';
import * as account from '#lib/users/account.ts';
import * as session from '#lib/auth/session.ts';
import { defineAction } from '../../_server/action.ts';
import { clearSessionCookie, writeSessionCookie } from '../../_server/auth/cookie-session.ts';

/** Ends every session of the user and replaces the session of this browser by a new one. */
export const changePassword = defineAction(
  'changePassword',
  z.object({ currentPassword: z.string().max(1024), newPassword: z.string().max(1024) }),
  async ({ currentPassword, newPassword }, { context }) => {
    const changed = await account.changePassword(db(), context, { current: currentPassword, next: newPassword });
    if (!changed.ok) return changed;
    await writeSessionCookie(changed.value);
    return ok(undefined);
  },
);

export const signOutEverywhere = defineAction('signOutEverywhere', z.object({}), async (_input, { context }) => {
  await session.signOutEverywhere(db(), context);
  await clearSessionCookie();
  redirect('/login?notice=everywhere');
});
