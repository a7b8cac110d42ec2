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
const Sent = createContext<FormState>(IDLE);

interface Props<T> {
  action: FormAction<T>;
  children: ReactNode;
  className?: string;
  /** Puts what is in the form behind a summary. It opens by itself for the answer, which without JavaScript comes with a new page. */
  disclosure?: Omit<ComponentProps<typeof Disclosure>, 'children' | 'open'>;
  /** Said once the action has succeeded; short, because screen readers read it out. */
  done?: ReactNode;
  /** Names the form for screen readers when no heading does. */
  label?: string;
  /** Stands below what was said, e.g. the value that the action answered with. */
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
    <Sent value={state}>
      {children}
      {state.status === 'failed' ? (
        <div className="mt-3">
          <Notice kind="bad">{t(state.code)}</Notice>
        </div>
      ) : null}
      {/* It stands here from the start: screen readers miss a region that comes together with its text. */}
      <div role="status" className="mt-3 empty:sr-only">
        {state.status === 'done' && done ? <Notice kind="good">{done}</Notice> : null}
      </div>
      {result}
    </Sent>
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

/** What the action of the form around answered with, once it has succeeded. */
export function useSentValue(): unknown {
  const state = use(Sent);
  return state.status === 'done' ? state.value : undefined;
}

function useSent(name: string, initial: string | undefined) {
  const state = use(Sent);
  const t = useTranslations('errors');
  if (state.status !== 'failed') return { defaultValue: initial, error: undefined };
  const error = state.fields.includes(name) ? t('fieldInvalid') : undefined;
  return { defaultValue: state.values[name] ?? initial, error };
}

/** A text field that keeps what was typed when the form comes back, and is marked when it was the reason. */
export function FormField(props: ComponentProps<typeof TextField> & { name: string; defaultValue?: string }) {
  return <TextField {...props} {...useSent(props.name, props.defaultValue)} />;
}

/** The same for a choice. A new key is what makes React apply a new default to a select. */
export function FormSelect(props: ComponentProps<typeof SelectField> & { name: string; defaultValue?: string }) {
  const { defaultValue, error } = useSent(props.name, props.defaultValue);
  return <SelectField {...props} key={defaultValue} defaultValue={defaultValue} error={error} />;
}

/**
 * Sends the form; a second click while it is under way does nothing. The button is not `disabled` meanwhile: that would take the
 * keyboard's focus away from it for good.
 */
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
