import type { Instrumentation } from 'next';

let logRequestError: Instrumentation.onRequestError | undefined;

/** Runs once before the server takes its first request. Next also compiles this file for the edge, where Node's modules are missing. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const booting = await import('./app/_server/boot.ts');
  booting.boot();
  logRequestError = booting.logRequestError;
}

/** Not a moment later: what is said of a request here decides what it is answered. */
export const onRequestError: Instrumentation.onRequestError = (...error) => logRequestError?.(...error);
