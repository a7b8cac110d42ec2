import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './classes.ts';

interface Props {
  label: ReactNode;
  /** What screen readers say in place of the label; it begins with the same words. */
  name?: string;
  children: ReactNode;
  open?: boolean;
  danger?: boolean;
  /** For content that reaches to the frame, such as a table. */
  flush?: boolean;
}

/**
 * Something that opens in place. It is also how destructive acts are confirmed: the button that acts is inside, so confirming takes two
 * steps with and without JavaScript.
 */
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
        <ChevronDown aria-hidden className="size-4 shrink-0 transition-transform group-open:rotate-180" />
      </summary>
      <div className={cx('border-line border-t', !flush && 'p-4')}>{children}</div>
    </details>
  );
}
