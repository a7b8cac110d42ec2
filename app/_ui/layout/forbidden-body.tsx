import { useTranslations } from 'next-intl';
import { DeadEnd } from './status-page.tsx';

/** What a person reads whose role does not reach. At /403 nothing was tried, so nothing is `recorded`. */
export function ForbiddenBody({ recorded }: { recorded: boolean }) {
  const t = useTranslations();
  return (
    <DeadEnd status="403" title={t('shell.forbidden.title')} home={t('common.home')}>
      <p>{t('shell.forbidden.body')}</p>
      {recorded ? <p className="mt-1">{t('shell.forbidden.recorded')}</p> : null}
    </DeadEnd>
  );
}
