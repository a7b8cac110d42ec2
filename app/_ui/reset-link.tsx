'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { z } from 'zod';
import { useSentValue } from './action-form.tsx';
import { Button } from './button.tsx';
import { LocalTime } from './local-time.tsx';

const made = z.object({ link: z.string(), expiresAt: z.string() });

/** Inside a form that made a link: shows it, this once. */
export function ResetLinkShown() {
  const t = useTranslations('common');
  const [copied, setCopied] = useState(false);
  const { data } = made.safeParse(useSentValue());
  if (!data) return null;
  return (
    <div role="status" className="bg-good-soft mt-4 rounded-lg p-4 text-sm">
      <p className="text-good font-medium">{t('resetLink.made')}</p>
      <p className="bg-surface mt-2 rounded p-2 font-mono text-[13px] break-all select-all">{data.link}</p>
      <div className="mt-3 flex flex-wrap items-center gap-3">
        <Button type="button" onClick={() => void navigator.clipboard.writeText(data.link).then(() => setCopied(true))}>
          {copied ? t('copied') : t('copy')}
        </Button>
        <p className="text-muted">
          {t('resetLink.expires')} <LocalTime time={data.expiresAt} />
        </p>
      </div>
    </div>
  );
}
