'use client';

import { Crash } from '../_ui/layout/unexpected-error.tsx';

export default function ConsoleError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return <Crash error={error} retry={reset} />;
}
