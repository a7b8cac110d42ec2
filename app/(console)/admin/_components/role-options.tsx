import { useTranslations } from 'next-intl';
import { ROLES } from '#lib/access/permissions.ts';

/** Every role as a choice of a select, in the reader's language. */
export function RoleOptions() {
  const t = useTranslations('common.roles');
  return ROLES.map((role) => (
    <option key={role} value={role}>
      {t(role)}
    </option>
  ));
}
