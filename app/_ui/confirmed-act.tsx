import type { ReactNode } from 'react';
import type { FormAction } from '../_server/action.ts';
import { ActionForm, SubmitButton } from './action-form.tsx';
import { Disclosure } from './disclosure.tsx';

interface Props<T> {
  action: FormAction<T>;
  /** Hidden fields. */
  fields?: Record<string, string>;
  label: string;
  /** What will happen, in a sentence or two. */
  text: string;
  done?: string;
  danger?: boolean;
  children?: ReactNode;
}

/** An act in two steps: opening it says what will happen, the button inside does it. */
export function ConfirmedAct<T>({ action, fields = {}, label, text, done, danger = false, children }: Props<T>) {
  return (
    <Disclosure label={label} danger={danger}>
      <ActionForm action={action} label={label} done={done}>
        {Object.entries(fields).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <p className="text-muted mb-3 max-w-prose text-sm">{text}</p>
        <SubmitButton look={danger ? 'danger' : 'primary'}>{label}</SubmitButton>
        {children}
      </ActionForm>
    </Disclosure>
  );
}
