'use client';

import { useTranslations } from 'next-intl';
import { z } from 'zod';
import { useSubmittedValue } from '../../../_ui/form/action-form.tsx';
import { Copyable } from '../../../_ui/form/copyable.tsx';
import { Given } from '../../../_ui/data/given.tsx';
import { LocalTime } from '../../../_ui/data/local-time.tsx';

const made = z.object({ link: z.string(), email: z.string().optional(), expiresAt: z.string() });

/** Shows a newly created reset link once, with the user's address where the page does not show it. */
export function ResetLinkShown() {
  const t = useTranslations('common.resetLink');
  const { data } = made.safeParse(useSubmittedValue());
  if (!data) return null;
  return (
    <div className="border-line mt-3 rounded-lg border p-4 text-sm">
      {data.email ? (
        <p className="mb-2 break-words">{t.rich('for', { email: () => <Given text={data.email ?? ''} /> })}</p>
      ) : null}
      <Copyable text={data.link} />
      <p className="text-muted mt-3">
        {t('expires')} <LocalTime time={data.expiresAt} />
      </p>
    </div>
  );
}
