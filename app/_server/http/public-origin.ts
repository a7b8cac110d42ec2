import 'server-only';
import { headers } from 'next/headers';
import { env } from '#lib/env.ts';

/** Where people reach us: the configured origin, or, before it is set, the host they used just now. */
export async function publicOrigin(): Promise<string> {
  const configured = env().NEXTAUTH_URL;
  if (configured !== undefined) return configured;
  return `http://${(await headers()).get('host') ?? 'localhost'}`;
}
