import type { ReactNode } from 'react';
import { Logo } from './logo.tsx';

/** Layout of pages outside the console: one centred column with preferences below. */
export function PlainPage({ children, footer }: { children: ReactNode; footer?: ReactNode }) {
  return (
    <div className="mx-auto flex min-h-dvh max-w-md flex-col justify-center px-4 py-10">
      <header className="mb-8 flex items-center gap-2 font-semibold tracking-tight">
        <Logo /> golive
      </header>
      <main id="content">{children}</main>
      {footer ? <footer className="-mx-3 mt-10 grid gap-3">{footer}</footer> : null}
    </div>
  );
}
