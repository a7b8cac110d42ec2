'use client';

import { UnexpectedError } from './_ui/layout/unexpected-error.tsx';
import { PlainPage } from './_ui/layout/plain-page.tsx';

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <PlainPage>
      <UnexpectedError error={error} retry={reset} />
    </PlainPage>
  );
}
