import type { Instrumentation } from 'next';

/** Runs once before the server takes its first request. Next also compiles this file for the edge, where Node's modules are missing. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { boot } = await import('./app/_server/boot.ts');
  boot();
}

export const onRequestError: Instrumentation.onRequestError = async (error, request, context) => {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { logRequestError } = await import('./app/_server/boot.ts');
  logRequestError(error, request, context);
};
