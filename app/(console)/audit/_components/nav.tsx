import { useTranslations } from 'next-intl';
import { NavLinks } from '../../../_ui/layout/nav-links.tsx';

/** Navigation between the pages of the audit log. */
export function AuditNav() {
  const t = useTranslations('audit.places');
  const items = [
    { href: '/audit', text: t('log') },
    { href: '/audit/health', text: t('health') },
    { href: '/audit/security', text: t('security') },
  ];
  return (
    <nav aria-label={t('label')} className="-mx-3 mb-4">
      <NavLinks items={items} />
    </nav>
  );
}
