import type { ReactNode } from 'react';
import type { FormAction } from '../../../../_server/action.ts';
import { ActionForm, SubmitButton } from '../../../../_ui/form/action-form.tsx';
import { AgentSecretShown } from './agent-secret.tsx';

interface Props<T> {
  action: FormAction<T>;
  /** The agent or the key it is done to. */
  id: string;
  label: string;
  /** The key as people know it, for screen readers: a page holds the act once for each. */
  subject?: string;
  text: string;
  done: string;
  /** The fields that say how: they stand before the button. */
  children: ReactNode;
}

/** An act on keys that asks one thing first. If it made a key, the secret is shown below. */
export function AgentKeyAct<T>({ action, id, label, subject, text, done, children }: Props<T>) {
  const name = subject ? `${label} ${subject}` : label;
  return (
    <ActionForm action={action} label={name} disclosure={{ label, name }} done={done} result={<AgentSecretShown />}>
      <input type="hidden" name="id" value={id} />
      <p className="text-muted mb-3 max-w-prose text-sm">{text}</p>
      <div className="mb-4 grid max-w-60 gap-4">{children}</div>
      <SubmitButton look="primary" aria-label={name}>
        {label}
      </SubmitButton>
    </ActionForm>
  );
}
