import { useTranslations } from 'next-intl';
import { Button } from '../../../_ui/form/button.tsx';
import { SelectField, TextField } from '../../../_ui/form/field.tsx';
import { RoleOptions } from './role-options.tsx';

/** Search and filters as a GET form, so that the result has a URL. */
export function UserFilters({ given }: { given: Record<string, string> }) {
  const t = useTranslations();
  return (
    <form action="/admin" method="get" role="search" className="grid items-end gap-4 sm:grid-cols-[2fr_1fr_1fr_auto]">
      <TextField
        label={t('admin.search')}
        name="search"
        type="search"
        maxLength={200}
        defaultValue={given.search ?? ''}
      />
      <SelectField label={t('admin.role')} name="role" defaultValue={given.role ?? ''}>
        <option value="">{t('admin.any')}</option>
        <RoleOptions />
      </SelectField>
      <SelectField label={t('admin.status')} name="status" defaultValue={given.status ?? ''}>
        <option value="">{t('admin.any')}</option>
        <option value="active">{t('admin.active')}</option>
        <option value="disabled">{t('admin.disabled')}</option>
      </SelectField>
      <Button type="submit">{t('admin.find')}</Button>
    </form>
  );
}
