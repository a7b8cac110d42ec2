'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { z } from 'zod';
import { useSentValue } from './action-form.tsx';
import { Button } from './button.tsx';

const issued = z.object({ secret: z.string() });

/** Inside a form that made a key: shows its secret, this once. */
export function AgentSecretShown() {
  const t = useTranslations('common');
  const [copied, setCopied] = useState(false);
  const { data } = issued.safeParse(useSentValue());
  if (!data) return null;
  return (
    <div role="status" className="bg-good-soft mt-4 rounded-lg p-4 text-sm">
      <p className="text-good font-medium">{t('agentSecret')}</p>
      <p className="bg-surface mt-2 rounded p-2 font-mono text-[13px] break-all select-all">{data.secret}</p>
      <Button
        type="button"
        className="mt-3"
        onClick={() => void navigator.clipboard.writeText(data.secret).then(() => setCopied(true))}
      >
        {copied ? t('copied') : t('copy')}
      </Button>
    </div>
  );
}
