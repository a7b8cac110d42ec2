'use client';

import { Fragment, useEffect, useRef, type ReactNode } from 'react';

/**
 * One act in the place of another, told apart by `by`. The new one begins afresh, so that a second click does not undo the first, and
 * takes over the keyboard's focus if that was lost with the old one.
 */
export function Swap({ by, children }: { by: string; children: ReactNode }) {
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
