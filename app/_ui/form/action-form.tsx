'use client';

import { useTranslations } from 'next-intl';
import { createContext, use, useActionState, useEffect, useRef, type ComponentProps, type ReactNode } from 'react';
import { useFormStatus } from 'react-dom';
import type { FormAction, FormState } from '../../_server/action.ts';
import { Button } from './button.tsx';
import { Disclosure } from '../layout/disclosure.tsx';
import { SelectField, TextField } from './field.tsx';
import { Notice } from '../layout/notice.tsx';

const IDLE = { status: 'idle' } as const;
const SubmittedForm = createContext<FormState>(IDLE);

interface Props<T> {
  action: FormAction<T>;
  children: ReactNode;
  className?: string;
  /** Collapses the form behind a summary. It opens after submission, which without JavaScript is a new page. */
  disclosure?: Omit<ComponentProps<typeof Disclosure>, 'children' | 'open'>;
  /** Success message; short, because screen readers read it out. */
  done?: ReactNode;
  /** Names the form for screen readers when no heading does. */
  label?: string;
  /** Content below the message, e.g. the value returned by the action. */
  result?: ReactNode;
}

/** A form over a server action. It works before and without JavaScript; failures are shown by their code. */
export function ActionForm<T>({ action, children, className, disclosure, done, label, result }: Props<T>) {
  const [state, submit] = useActionState(action, IDLE as Awaited<FormState<T>>);
  const form = useRef<HTMLFormElement>(null);
  const t = useTranslations('errors.codes');

  useEffect(() => {
    if (state.status === 'failed') form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [state]);

  const content = (
    <SubmittedForm value={state}>
      {children}
      {state.status === 'failed' ? (
        <div className="mt-3">
          <Notice kind="bad">{t(state.code)}</Notice>
        </div>
      ) : null}
      {/* Rendered from the start: screen readers miss a live region that is added together with its text. */}
      <div role="status" className="mt-3 empty:sr-only">
        {state.status === 'done' && done ? <Notice kind="good">{done}</Notice> : null}
      </div>
      {result}
    </SubmittedForm>
  );
  return (
    <form ref={form} action={submit} className={className} {...(label ? { 'aria-label': label } : {})}>
      {disclosure ? (
        <Disclosure {...disclosure} open={state.status !== 'idle'}>
          {content}
        </Disclosure>
      ) : (
        content
      )}
    </form>
  );
}

/** The value returned by the surrounding form's action, once it has succeeded. */
export function useSubmittedValue(): unknown {
  const state = use(SubmittedForm);
  return state.status === 'done' ? state.value : undefined;
}

function useSubmittedField(name: string, initial: string | undefined) {
  const state = use(SubmittedForm);
  const t = useTranslations('errors');
  if (state.status !== 'failed') return { defaultValue: initial, error: undefined };
  const error = state.fields.includes(name) ? t('fieldInvalid') : undefined;
  return { defaultValue: state.values[name] ?? initial, error };
}

/** A text field that keeps its value after a failed submission and shows its error. */
export function FormField(props: ComponentProps<typeof TextField> & { name: string; defaultValue?: string }) {
  return <TextField {...props} {...useSubmittedField(props.name, props.defaultValue)} />;
}

/** A select that keeps its value. A new key makes React apply a new default. */
export function FormSelect(props: ComponentProps<typeof SelectField> & { name: string; defaultValue?: string }) {
  const { defaultValue, error } = useSubmittedField(props.name, props.defaultValue);
  return <SelectField {...props} key={defaultValue} defaultValue={defaultValue} error={error} />;
}

/** Submits the form; clicks while it is pending are ignored. The button is not `disabled`, which would lose the keyboard focus. */
export function SubmitButton({ children, ...props }: ComponentProps<typeof Button>) {
  const { pending } = useFormStatus();
  return (
    <Button
      type="submit"
      {...props}
      aria-disabled={pending}
      onClick={(click) => {
        if (pending) click.preventDefault();
      }}
    >
      {children}
    </Button>
  );
}
