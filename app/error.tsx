'use client';

import { Crash } from './_ui/crash.tsx';
import { PlainPage } from './_ui/plain-page.tsx';

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <PlainPage>
      <Crash error={error} retry={reset} />
    </PlainPage>
  );
}
