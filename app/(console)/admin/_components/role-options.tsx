import { useTranslations } from 'next-intl';
import { ROLES } from '#lib/access/permissions.ts';

/** All roles as options of a select. */
export function RoleOptions() {
  const t = useTranslations('common.roles');
  return ROLES.map((role) => (
    <option key={role} value={role}>
      {t(role)}
    </option>
  ));
}
