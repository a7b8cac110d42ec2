import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './classes.ts';

interface Props {
  label: ReactNode;
  children: ReactNode;
  open?: boolean;
  danger?: boolean;
}

/**
 * Something that opens in place. It is also how destructive acts are confirmed: the button that acts is inside, so confirming takes two
 * steps with and without JavaScript.
 */
export function Disclosure({ label, children, open = false, danger = false }: Props) {
  return (
    <details open={open} className="group border-line bg-surface rounded-lg border">
      <summary
        className={cx(
          'hover:bg-sunken flex min-h-10 items-center justify-between gap-3 rounded-lg px-4 py-2 text-sm font-medium',
          danger && 'text-bad',
        )}
      >
        {label}
        <ChevronDown aria-hidden className="size-4 shrink-0 transition-transform group-open:rotate-180" />
      </summary>
      <div className="border-line border-t p-4">{children}</div>
    </details>
  );
}
