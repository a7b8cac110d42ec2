import { useTranslations } from 'next-intl';
import type { FormAction } from '../../_server/action.ts';
import { ActionForm, SubmitButton } from '../form/action-form.tsx';

interface ChoiceProps {
  action: FormAction<void>;
  name: string;
  label: string;
  chosen: string;
  options: { value: string; text: string; lang?: string }[];
}

function Choice({ action, name, label, chosen, options }: ChoiceProps) {
  return (
    <ActionForm action={action} label={label}>
      <p className="text-muted mb-1 px-3 text-xs font-medium">{label}</p>
      <div className="flex flex-wrap gap-1">
        {options.map(({ value, text, lang }) => (
          <SubmitButton
            key={value}
            look="quiet"
            name={name}
            value={value}
            lang={lang}
            aria-pressed={value === chosen}
            className="text-muted aria-pressed:bg-accent-soft aria-pressed:text-accent px-3!"
          >
            {text}
          </SubmitButton>
        ))}
      </div>
    </ActionForm>
  );
}

/** Language switch; each language is named in itself. */
export function LanguageChoice({ action, chosen }: Pick<ChoiceProps, 'action' | 'chosen'>) {
  const t = useTranslations('shell.language');
  const options = (['en', 'ru'] as const).map((value) => ({ value, text: t(value), lang: value }));
  return <Choice action={action} name="locale" label={t('label')} chosen={chosen} options={options} />;
}

/** Theme switch: light, dark or system. */
export function ThemeChoice({ action, chosen }: Pick<ChoiceProps, 'action' | 'chosen'>) {
  const t = useTranslations('shell.theme');
  const options = (['system', 'light', 'dark'] as const).map((value) => ({ value, text: t(value) }));
  return <Choice action={action} name="theme" label={t('label')} chosen={chosen} options={options} />;
}
