'use client';

import { useTranslations } from 'next-intl';
import { unstable_isUnrecognizedActionError as isOfAnotherRelease } from 'next/navigation';
import { Button } from '../form/button.tsx';

interface Props {
  error: Error & { digest?: string };
  retry: () => void;
}

/**
 * Error message of a page that failed, with the reference that the log also has. A form that the server no longer knows belongs to an
 * earlier release: the page must be reloaded.
 */
export function UnexpectedError({ error, retry }: Props) {
  const t = useTranslations('errors');
  const stale = isOfAnotherRelease(error);
  return (
    <div role="alert" className="py-10">
      <h1 className="text-2xl font-semibold tracking-tight">{stale ? t('outdated.title') : t('crash.title')}</h1>
      <p className="text-muted mt-2 max-w-prose">{stale ? t('outdated.body') : t('crash.body')}</p>
      {error.digest ? (
        <p className="text-muted mt-2 font-mono text-sm">{t('crash.reference', { digest: error.digest })}</p>
      ) : null}
      <Button look="primary" className="mt-6" onClick={stale ? () => location.reload() : retry}>
        {stale ? t('outdated.retry') : t('crash.retry')}
      </Button>
    </div>
  );
}
