import { useFormatter } from 'next-intl';
import { Children, type ReactNode } from 'react';
import { cx } from '../layout/classes.ts';

/** A grid of figures; two columns on phones, where a last odd one spans the row. */
export function Stats({ label, children }: { label: string; children: ReactNode }) {
  return (
    <dl
      aria-label={label}
      className={cx(
        'mb-6 grid grid-cols-2 gap-3 sm:gap-4 md:grid-cols-3 max-md:[&>:last-child:nth-child(odd)]:col-span-2',
        Children.toArray(children).length % 3 !== 0 && 'lg:grid-cols-5',
      )}
    >
      {children}
    </dl>
  );
}

interface StatProps {
  name: string;
  value: number;
  /** A short note beside the number. */
  note?: string;
}

/** One number with its name. */
export function Stat({ name, value, note }: StatProps) {
  const format = useFormatter();
  return (
    <div className="border-line bg-surface rounded-xl border p-4">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="mt-1 flex flex-wrap items-baseline gap-x-2">
        <span className="text-3xl font-semibold tracking-tight tabular-nums">{format.number(value)}</span>
        {note ? <span className="text-muted text-sm">{note}</span> : null}
      </dd>
    </div>
  );
}
