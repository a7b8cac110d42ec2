'use client';

import { Fragment, useEffect, useRef, type ReactNode } from 'react';

/**
 * Remounts its children when `by` changes, e.g. "disable" by "enable", so that a second click does not undo the first, and restores the
 * keyboard focus if it was lost.
 */
export function FocusOnChange({ by, children }: { by: string; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef(by);

  useEffect(() => {
    if (shown.current === by) return;
    shown.current = by;
    if (document.activeElement !== document.body) return;
    (place.current?.querySelector('summary') ?? place.current)?.focus();
  }, [by]);

  return (
    <div ref={place} tabIndex={-1} className="outline-none">
      <Fragment key={by}>{children}</Fragment>
    </div>
  );
}
