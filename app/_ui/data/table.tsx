import type { ComponentProps, ReactNode } from 'react';
import { cx } from '../layout/classes.ts';

interface Props {
  /** Accessible name of the table. */
  caption: string;
  children: ReactNode;
  /** Without a border, inside a card. */
  bare?: boolean;
}

/** A table that scrolls horizontally by itself, also by keyboard. */
export function Table({ caption, children, bare = false }: Props) {
  return (
    <div
      role="region"
      aria-label={caption}
      tabIndex={0}
      className={cx('overflow-x-auto', !bare && 'border-line bg-surface rounded-xl border')}
    >
      <table className="w-full border-collapse text-left text-sm">
        <caption className="sr-only">{caption}</caption>
        {children}
      </table>
    </div>
  );
}

export function HeadCell({ className, ...props }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      className={cx(
        'text-muted px-2.5 py-2.5 align-bottom text-xs font-medium sm:px-4 sm:whitespace-nowrap',
        className,
      )}
      {...props}
    />
  );
}

export function Cell({ className, ...props }: ComponentProps<'td'>) {
  return <td className={cx('px-2.5 py-3 align-top sm:px-4', className)} {...props} />;
}
