'use client';

import { useTranslations } from 'next-intl';
import { unstable_isUnrecognizedActionError as isOfAnotherRelease } from 'next/navigation';
import { Button } from '../form/button.tsx';

interface Props {
  error: Error & { digest?: string };
  retry: () => void;
}

/**
 * What is left of a page that threw: the reference is what the log calls it too. A form that the server does not know any more is of the
 * page of an earlier release, which only loading it again ends.
 */
export function Crash({ error, retry }: Props) {
  const t = useTranslations('errors');
  const outdated = isOfAnotherRelease(error);
  return (
    <div role="alert" className="py-10">
      <h1 className="text-2xl font-semibold tracking-tight">{outdated ? t('outdated.title') : t('crash.title')}</h1>
      <p className="text-muted mt-2 max-w-prose">{outdated ? t('outdated.body') : t('crash.body')}</p>
      {error.digest ? (
        <p className="text-muted mt-2 font-mono text-sm">{t('crash.reference', { digest: error.digest })}</p>
      ) : null}
      <Button look="primary" className="mt-6" onClick={outdated ? () => location.reload() : retry}>
        {outdated ? t('outdated.retry') : t('crash.retry')}
      </Button>
    </div>
  );
}
