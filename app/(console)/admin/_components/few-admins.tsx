import { getTranslations } from 'next-intl/server';
import { db } from '#lib/db.ts';
import { countActiveAdmins, MIN_ADMINS } from '#lib/users/list.ts';
import { Notice } from '../../../_ui/layout/notice.tsx';

/** A warning while there are fewer active admins than the runbook requires. */
export async function FewAdmins() {
  const admins = await countActiveAdmins(db());
  if (admins >= MIN_ADMINS) return null;
  const t = await getTranslations('admin');
  return (
    <div className="mb-6">
      <Notice kind="warn">{t('fewAdmins')}</Notice>
    </div>
  );
}
