import type { ReactNode } from 'react';
import { cx } from './classes.ts';
import { DownIcon } from './icons.tsx';

interface Props {
  label: ReactNode;
  /** Accessible name; begins with the label. */
  name?: string;
  children: ReactNode;
  open?: boolean;
  danger?: boolean;
  /** Without padding, for content such as a table. */
  flush?: boolean;
}

/** A disclosure. Destructive actions use it as confirmation: the button is inside, so confirming takes two steps with and without JavaScript. */
export function Disclosure({ label, name, children, open = false, danger = false, flush = false }: Props) {
  return (
    <details open={open} className="group border-line bg-surface rounded-lg border">
      <summary
        aria-label={name}
        className={cx(
          'hover:bg-sunken flex min-h-10 items-center justify-between gap-3 rounded-lg px-4 py-2 text-sm font-medium',
          danger && 'text-bad',
        )}
      >
        {label}
        <DownIcon className="size-4 shrink-0 transition-transform group-open:rotate-180" />
      </summary>
      <div className={cx('border-line border-t', !flush && 'p-4')}>{children}</div>
    </details>
  );
}
