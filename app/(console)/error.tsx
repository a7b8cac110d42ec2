'use client';

import { Crash } from '../_ui/crash.tsx';

export default function ConsoleError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return <Crash digest={error.digest} retry={reset} />;
}
