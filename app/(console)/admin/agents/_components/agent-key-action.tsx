import type { ReactNode } from 'react';
import type { FormAction } from '../../../../_server/action.ts';
import { ActionForm, SubmitButton } from '../../../../_ui/form/action-form.tsx';
import { AgentSecretShown } from './agent-secret.tsx';

interface Props<T> {
  action: FormAction<T>;
  /** Id of the agent or key. */
  id: string;
  label: string;
  /** Name of the key, for screen readers: a page has this action once per key. */
  subject?: string;
  text: string;
  done: string;
  /** Form fields before the button. */
  children: ReactNode;
}

/** An action on a key with a parameter. The secret of a new key is shown below. */
export function AgentKeyAction<T>({ action, id, label, subject, text, done, children }: Props<T>) {
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
