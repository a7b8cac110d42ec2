'use client';

import { Crash } from './_ui/layout/unexpected-error.tsx';
import { PlainPage } from './_ui/layout/plain-page.tsx';

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <PlainPage>
      <Crash error={error} retry={reset} />
    </PlainPage>
  );
}
