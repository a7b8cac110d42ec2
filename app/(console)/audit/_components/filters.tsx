import { useTranslations } from 'next-intl';
import { Button } from '../../../_ui/form/button.tsx';
import { Disclosure } from '../../../_ui/layout/disclosure.tsx';
import { SelectField, TextField } from '../../../_ui/form/field.tsx';

interface Props {
  /** Current filters from the URL; times without a zone, as the datetime control takes them, in UTC. */
  given: Record<string, string>;
  actions: { value: string; text: string }[];
  outcomes: readonly string[];
  sources: readonly string[];
}

/** A GET form: the filters are kept in the URL, and applying them drops the cursor. */
export function AuditFilters({ given, actions, outcomes, sources }: Props) {
  const t = useTranslations('audit');
  const count = Object.keys(given).length;
  const text = (name: string) => ({ name, defaultValue: given[name] ?? '', maxLength: 512 });
  return (
    <Disclosure open={count > 0} label={count > 0 ? t('filters.active', { count }) : t('filters.title')}>
      <form action="/audit" method="get" className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
        <SelectField label={t('filters.action')} name="action" defaultValue={given.action ?? ''}>
          <option value="">{t('filters.any')}</option>
          {actions.map(({ value, text: label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
          {given.action === undefined || actions.some(({ value }) => value === given.action) ? null : (
            // An agent's action or one of an older catalogue: without this option the form would drop the filter.
            <option value={given.action}>{given.action}</option>
          )}
        </SelectField>
        <SelectField label={t('filters.outcome')} name="outcome" defaultValue={given.outcome ?? ''}>
          <option value="">{t('filters.any')}</option>
          {outcomes.map((outcome) => (
            <option key={outcome} value={outcome}>
              {t(`outcomes.${outcome as 'success'}`)}
            </option>
          ))}
        </SelectField>
        <SelectField label={t('filters.source')} name="source" defaultValue={given.source ?? ''}>
          <option value="">{t('filters.any')}</option>
          {sources.map((source) => (
            <option key={source} value={source}>
              {t(`sources.${source as 'web'}`)}
            </option>
          ))}
        </SelectField>
        <TextField label={t('filters.actor')} hint={t('filters.actorHint')} {...text('actor')} />
        <TextField label={t('filters.target')} {...text('target')} />
        <TextField label={t('filters.requestId')} {...text('requestId')} />
        <TextField
          label={t('filters.from')}
          hint={t('filters.fromHint')}
          type="datetime-local"
          step="any"
          {...text('from')}
        />
        <TextField
          label={t('filters.to')}
          hint={t('filters.toHint')}
          type="datetime-local"
          step="any"
          {...text('to')}
        />
        <div className="flex flex-wrap gap-2 sm:col-span-2 lg:col-span-4">
          <Button look="primary" type="submit">
            {t('filters.apply')}
          </Button>
          {count > 0 ? (
            <Button asChild look="quiet">
              <a href="/audit">{t('filters.clear')}</a>
            </Button>
          ) : null}
        </div>
      </form>
    </Disclosure>
  );
}
