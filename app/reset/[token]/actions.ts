'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { db } from '#lib/db.ts';
import * as reset from '#lib/auth/reset.ts';
import { definePublicAction } from '../../_server/action.ts';

export const resetPassword = definePublicAction(
  'resetPassword',
  z.object({ token: z.string().max(200), newPassword: z.string().max(1024) }),
  async ({ token, newPassword }, origin) => {
    const set = await reset.resetPassword(db(), { token, password: newPassword, origin });
    if (!set.ok) return set;
    redirect('/login?notice=passwordSet');
  },
);
