import { getTranslations } from 'next-intl/server';
import { db } from '#lib/db.ts';
import { countActiveAdmins } from '#lib/users/list.ts';
import { Notice } from '../../_ui/notice.tsx';

/** Stands until there are two: the runbook's rule, because one can be locked out or away. */
export async function FewAdmins() {
  const admins = await countActiveAdmins(db());
  if (admins >= 2) return null;
  const t = await getTranslations('admin');
  return (
    <div className="mb-6">
      <Notice kind="warn">{t('fewAdmins')}</Notice>
    </div>
  );
}
