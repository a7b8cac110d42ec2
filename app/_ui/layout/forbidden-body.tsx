import { useTranslations } from 'next-intl';
import { StatusPage } from './status-page.tsx';

/** The message for a missing permission. At /403 nothing was attempted, so nothing is `recorded`. */
export function ForbiddenBody({ recorded }: { recorded: boolean }) {
  const t = useTranslations();
  return (
    <StatusPage status="403" title={t('shell.forbidden.title')} home={t('common.home')}>
      <p>{t('shell.forbidden.body')}</p>
      {recorded ? <p className="mt-1">{t('shell.forbidden.recorded')}</p> : null}
    </StatusPage>
  );
}
