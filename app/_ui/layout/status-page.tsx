import Link from 'next/link';
import type { ReactNode } from 'react';
import { Button } from '../form/button.tsx';

/** A full-page message with a status code and a link home. */
export function StatusPage({ status, title, home, children }: StatusPageProps) {
  return (
    <div className="py-10">
      <title>{`${title} · golive`}</title>
      <p className="text-muted font-mono text-sm">{status}</p>
      <h1 className="mt-1 text-2xl font-semibold tracking-tight text-balance">{title}</h1>
      <div className="text-muted mt-2 max-w-prose">{children}</div>
      <Button asChild look="primary" className="mt-6">
        <Link href="/" prefetch={false}>
          {home}
        </Link>
      </Button>
    </div>
  );
}

interface StatusPageProps {
  status: string;
  title: string;
  home: string;
  children: ReactNode;
}
