import type { ReactNode } from 'react';
import type { FormAction } from '../../_server/action.ts';
import { ActionForm, SubmitButton } from './action-form.tsx';

interface Props<T> {
  action: FormAction<T>;
  /** Hidden fields. */
  fields?: Record<string, string>;
  label: string;
  /** The target of the action, for screen readers, where a page has it several times. */
  subject?: string;
  /** What will happen, in a sentence or two. */
  text: string;
  done?: string;
  result?: ReactNode;
  danger?: boolean;
}

/** An action with confirmation: opening it explains the effect, the button inside performs it. */
export function ConfirmedAction<T>({ action, fields = {}, label, subject, text, danger = false, ...answer }: Props<T>) {
  const name = subject ? `${label} ${subject}` : label;
  return (
    <ActionForm action={action} label={name} disclosure={{ label, name, danger }} {...answer}>
      {Object.entries(fields).map(([field, value]) => (
        <input key={field} type="hidden" name={field} value={value} />
      ))}
      <p className="text-muted mb-3 max-w-prose text-sm">{text}</p>
      <SubmitButton look={danger ? 'danger' : 'primary'} aria-label={name}>
        {label}
      </SubmitButton>
    </ActionForm>
  );
}
