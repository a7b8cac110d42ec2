'use client';

import { Crash } from '../_ui/crash.tsx';

export default function ConsoleError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return <Crash error={error} retry={reset} />;
}
