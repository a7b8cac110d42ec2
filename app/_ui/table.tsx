import type { ComponentProps, ReactNode } from 'react';
import { cx } from './classes.ts';

/** A table in a frame of its own; the caption is for those who cannot see what it is about. */
export function Table({ caption, children }: { caption: string; children: ReactNode }) {
  return (
    <div className="border-line bg-surface overflow-hidden rounded-xl border">
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
      className={cx('text-muted px-4 py-2.5 text-xs font-medium whitespace-nowrap', className)}
      {...props}
    />
  );
}

export function Cell({ className, ...props }: ComponentProps<'td'>) {
  return <td className={cx('px-4 py-3 align-top', className)} {...props} />;
}
