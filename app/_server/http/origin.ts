import { headers } from 'next/headers';
import 'server-only';
import type { Origin } from '#lib/audit/events/catalogue.ts';
import { env } from '#lib/env.ts';
import { clientAddress } from './client-address.ts';
import { PEER_HEADER, readPeer } from './peer.ts';
import { PATH_HEADER, REQUEST_ID_HEADER } from './request-id.ts';

/** Origin of the current request, for audit events. */
export async function requestOrigin(source: 'web' | 'api'): Promise<Origin> {
  const given = await headers();
  const peer = readPeer(given.get(PEER_HEADER));
  return {
    source,
    ip: clientAddress(given.get('x-forwarded-for'), peer, env().TRUSTED_PROXY_COUNT),
    userAgent: given.get('user-agent') ?? undefined,
    // Without the peer header the request id may be the client's own.
    requestId: peer === undefined ? undefined : (given.get(REQUEST_ID_HEADER) ?? undefined),
  };
}

/** Path and query of the current request. */
export async function requestPath(): Promise<string> {
  return (await headers()).get(PATH_HEADER) ?? '/';
}

/** The public origin: the configured one or, before it is set, the host of the current request. */
export async function publicOrigin(): Promise<string> {
  const configured = env().NEXTAUTH_URL;
  if (configured !== undefined) return configured;
  return `http://${(await headers()).get('host') ?? 'localhost'}`;
}
