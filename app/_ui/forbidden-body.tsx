import { useTranslations } from 'next-intl';
import { DeadEnd } from './dead-end.tsx';

/** What a person reads whose role does not reach, here and at /403. */
export function ForbiddenBody() {
  const t = useTranslations();
  return (
    <DeadEnd status="403" title={t('shell.forbidden.title')} home={t('common.home')}>
      <p>{t('shell.forbidden.body')}</p>
      <p className="mt-1">{t('shell.forbidden.recorded')}</p>
    </DeadEnd>
  );
}
