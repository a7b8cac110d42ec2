import type { ReactNode } from 'react';
import { cx } from '../layout/classes.ts';
import { Given } from './given.tsx';

export interface DescriptionEntry {
  term: string;
  /** Entries without a value are omitted. A text is shown as one that somebody chose. */
  value: ReactNode;
  mono?: boolean;
  href?: string;
}

/** Names and values below one another. */
export function DescriptionList({ entries }: { entries: DescriptionEntry[] }) {
  return (
    <dl className="mt-3 grid gap-x-6 gap-y-2 text-sm sm:grid-cols-[minmax(8rem,auto)_1fr]">
      {entries
        .filter(({ value }) => value !== null && value !== undefined)
        .map(({ value, ...fact }) => ({ ...fact, value: typeof value === 'string' ? <Given text={value} /> : value }))
        .map(({ term, value, mono, href }) => (
          <div key={term} className="contents">
            <dt className="text-muted max-sm:mt-1">{term}</dt>
            <dd className={cx('min-w-0 break-words', mono && 'font-mono text-[13px] break-all')}>
              {href ? (
                <a href={href} className="decoration-edge hover:decoration-ink underline underline-offset-4">
                  {value}
                </a>
              ) : (
                value
              )}
            </dd>
          </div>
        ))}
    </dl>
  );
}
