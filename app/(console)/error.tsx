'use client';

import { UnexpectedError } from '../_ui/layout/unexpected-error.tsx';

export default function ConsoleError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return <UnexpectedError error={error} retry={reset} />;
}
