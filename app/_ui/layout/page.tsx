import type { ReactNode } from 'react';
import { cx } from './classes.ts';
import { Given } from '../data/given.tsx';

/** The head of a page: one h1, which may be a name that somebody chose, a sentence, and what can be done on the whole page. */
export function PageHead({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  return (
    <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold tracking-tight text-balance">
          <Given text={title} />
        </h1>
        {lead ? <p className="text-muted mt-1 max-w-prose">{lead}</p> : null}
      </div>
      {children}
    </header>
  );
}

/** A card; with `title` it is a section with a heading. */
export function Panel({ title, lead, children, className }: PanelProps) {
  return (
    <section className={cx('border-line bg-surface rounded-xl border p-4 sm:p-5', className)}>
      {title ? <h2 className="text-base font-semibold">{title}</h2> : null}
      {lead ? <p className="text-muted mt-1 max-w-prose text-sm">{lead}</p> : null}
      {children}
    </section>
  );
}

interface PanelProps {
  title?: string;
  lead?: ReactNode;
  children?: ReactNode;
  className?: string;
}

/** Placeholder for an empty list. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="border-edge rounded-xl border border-dashed px-6 py-12 text-center">
      <p className="font-medium">{title}</p>
      {children ? <div className="text-muted mx-auto mt-2 max-w-prose text-sm">{children}</div> : null}
    </div>
  );
}
