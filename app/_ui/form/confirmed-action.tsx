import type { ReactNode } from 'react';
import type { FormAction } from '../../_server/action.ts';
import { ActionForm, SubmitButton } from './action-form.tsx';

interface Props<T> {
  action: FormAction<T>;
  /** Hidden fields. */
  fields?: Record<string, string>;
  label: string;
  /** Whom or what it is done to, for screen readers, where a page holds the act several times. */
  subject?: string;
  /** What will happen, in a sentence or two. */
  text: string;
  done?: string;
  result?: ReactNode;
  danger?: boolean;
}

/** An act in two steps: opening it says what will happen, the button inside does it. */
export function ConfirmedAct<T>({ action, fields = {}, label, subject, text, danger = false, ...answer }: Props<T>) {
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
