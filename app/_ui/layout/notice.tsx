import type { ReactNode } from 'react';
import { cx } from './classes.ts';
import { DoneIcon, ErrorIcon, WarningIcon } from './icons.tsx';

const KINDS = {
  good: { look: 'bg-good-soft text-good', icon: DoneIcon, role: undefined },
  warn: { look: 'bg-warn-soft text-warn', icon: WarningIcon, role: undefined },
  bad: { look: 'bg-bad-soft text-bad', icon: ErrorIcon, role: 'alert' },
} as const;

/** An inline message. The `bad` kind is an alert for screen readers; the others are static or inside a live region. */
export function Notice({ kind, children }: { kind: keyof typeof KINDS; children: ReactNode }) {
  const { look, icon: Icon, role } = KINDS[kind];
  return (
    <div role={role} className={cx('flex gap-3 rounded-lg px-4 py-3 text-sm', look)}>
      <Icon className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0">{children}</div>
    </div>
  );
}
