import { useTranslations } from 'next-intl';
import { StatusPage } from '../_ui/layout/status-page.tsx';

export default function NotFound() {
  const t = useTranslations();
  return (
    <StatusPage status="404" title={t('shell.notFound.title')} home={t('common.home')}>
      <p>{t('shell.notFound.body')}</p>
    </StatusPage>
  );
}
