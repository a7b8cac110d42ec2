import 'server-only';
import { headers } from 'next/headers';
import { env } from '#lib/env.ts';

/** The public origin: the configured one or, before it is set, the host of the current request. */
export async function publicOrigin(): Promise<string> {
  const configured = env().NEXTAUTH_URL;
  if (configured !== undefined) return configured;
  return `http://${(await headers()).get('host') ?? 'localhost'}`;
}
