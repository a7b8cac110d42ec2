'use client';

import { useTranslations } from 'next-intl';
import { Button } from './button.tsx';

/** What is left of a page that threw: the reference is what the log calls it too. */
export function Crash({ digest, retry }: { digest: string | undefined; retry: () => void }) {
  const t = useTranslations('errors.crash');
  return (
    <div role="alert" className="py-10">
      <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
      <p className="text-muted mt-2 max-w-prose">{t('body')}</p>
      {digest ? <p className="text-muted mt-2 font-mono text-sm">{t('reference', { digest })}</p> : null}
      <Button look="primary" className="mt-6" onClick={retry}>
        {t('retry')}
      </Button>
    </div>
  );
}
