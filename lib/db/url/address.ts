import type { DatabaseTarget } from './read.ts';

/**
 * Where a database is, for people and for comparing two: `host:port/name`, each part percent-encoded where a URL would have it so. Holds
 * nothing of who signs in.
 */
export function addressOf({ host, port, database }: Pick<DatabaseTarget, 'host' | 'port' | 'database'>): string {
  const shown = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  return `${shown}:${port}/${encodeURIComponent(database)}`;
}
