import type { DatabaseTarget } from './read.ts';

/** The address of a database as `host:port/name`, percent-encoded, without credentials; for display and comparison. */
export function addressOf({ host, port, database }: Pick<DatabaseTarget, 'host' | 'port' | 'database'>): string {
  const shown = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  return `${shown}:${port}/${encodeURIComponent(database)}`;
}
