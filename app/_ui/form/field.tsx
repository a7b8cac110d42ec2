import { useId, type ComponentProps, type ReactNode } from 'react';
import { cx } from '../layout/classes.ts';

const CONTROL =
  'h-10 w-full rounded-lg border border-edge bg-surface px-3 text-ink placeholder:text-muted aria-invalid:border-bad';

interface Frame {
  label: string;
  hint?: ReactNode;
  /** Marks the control as wrong and says why. */
  error?: string | undefined;
}

/** A labelled text field. */
export function TextField({ label, hint, error, className, ...props }: Frame & ComponentProps<'input'>) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      <input id={id} {...describedBy(id, hint, error)} className={cx(CONTROL, className)} {...props} />
    </Labelled>
  );
}

/** A labelled choice of one. */
export function SelectField({ label, hint, error, className, children, ...props }: Frame & ComponentProps<'select'>) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      <select id={id} {...describedBy(id, hint, error)} className={cx(CONTROL, className)} {...props}>
        {children}
      </select>
    </Labelled>
  );
}

function describedBy(id: string, hint: ReactNode, error: string | undefined) {
  const ids = [hint ? `${id}-hint` : undefined, error ? `${id}-error` : undefined].filter(Boolean).join(' ');
  return { ...(ids ? { 'aria-describedby': ids } : {}), ...(error ? { 'aria-invalid': true as const } : {}) };
}

function Labelled({ id, label, hint, error, children }: Frame & { id: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      {children}
      {hint ? (
        <p id={`${id}-hint`} className="text-muted mt-1 text-sm">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} className="text-bad mt-1 text-sm">
          {error}
        </p>
      ) : null}
    </div>
  );
}
