import type { DatabaseTarget } from './read.ts';

/** What stands at the address of a URL, as far as its names tell. */
export interface Endpoint {
  /** As people know it, like `Neon's pooler`. */
  name: string;
  /** Whether a client keeps one session of the server from its first statement to its last. `unknown` is found out by connecting. */
  sessions: 'kept' | 'by transaction' | 'unknown';
  /** Which address of the same provider keeps them; given where sessions are not kept. */
  instead?: string;
  /** Who alone reaches it: hosts with IPv6, or services of the provider's private network; absent when everybody does. */
  reachedBy?: 'ipv6' | 'private network';
  /** What others do. */
  otherwise?: string;
}

interface Known extends Endpoint {
  matches(target: DatabaseTarget): boolean;
}

const DIRECT_INSTEAD = 'the address of the server itself, or a pooler in session mode';

/**
 * In this order; the first that matches counts. Names and ports are those of the providers' documentation: Supabase (Supavisor shares one
 * address and tells the modes apart by port), Neon (`-pooler` in the first label), Amazon RDS Proxy, Azure's built-in PgBouncer,
 * DigitalOcean's connection pools.
 */
const KNOWN: readonly Known[] = [
  {
    name: 'Supabase’s pooler in transaction mode',
    sessions: 'by transaction',
    instead: 'the session pooler: port 5432 of the same host',
    matches: ({ host, port }) => /\.pooler\.supabase\.(com|co)$/.test(host) && port === 6543,
  },
  {
    name: 'Supabase’s session pooler',
    sessions: 'kept',
    matches: ({ host }) => /\.pooler\.supabase\.(com|co)$/.test(host),
  },
  {
    name: 'Supabase’s dedicated pooler in transaction mode',
    sessions: 'by transaction',
    instead: 'the session pooler (aws-….pooler.supabase.com:5432), or port 5432 of the same host where IPv6 works',
    matches: ({ host, port }) => /\.supabase\.(com|co)$/.test(host) && port === 6543,
  },
  {
    name: 'Supabase’s direct connection',
    sessions: 'kept',
    reachedBy: 'ipv6',
    otherwise:
      'unless the project pays for an IPv4 address, use the session pooler (aws-….pooler.supabase.com:5432, user ROLE.PROJECT): platforms and runners often have no IPv6',
    matches: ({ host }) => /^db\.[^.]+\.supabase\.(com|co)$/.test(host),
  },
  {
    name: 'Neon’s pooler',
    sessions: 'by transaction',
    instead: 'Neon’s direct connection: the same host without -pooler',
    matches: ({ host }) => /^[^.]+-pooler\..*\.?neon\.(tech|build)$/.test(host),
  },
  { name: 'Neon’s direct connection', sessions: 'kept', matches: ({ host }) => /\.neon\.(tech|build)$/.test(host) },
  {
    name: 'Amazon RDS Proxy',
    sessions: 'by transaction',
    instead: 'the endpoint of the instance or of the cluster',
    matches: ({ host }) => /\.proxy-[^.]+\.[^.]+\.rds\.amazonaws\.com(\.cn)?$/.test(host),
  },
  { name: 'Amazon RDS', sessions: 'kept', matches: ({ host }) => /\.rds\.amazonaws\.com(\.cn)?$/.test(host) },
  {
    name: 'Azure’s built-in PgBouncer',
    sessions: 'by transaction',
    instead: 'port 5432 of the same host',
    matches: ({ host, port }) => /\.postgres\.database\.azure\.com$/.test(host) && port === 6432,
  },
  {
    name: 'a connection pool of DigitalOcean',
    sessions: 'by transaction',
    instead: 'the cluster’s own port, 25060, with the name of the database instead of that of the pool',
    matches: ({ host, port }) => /\.db\.ondigitalocean\.com$/.test(host) && port === 25_061,
  },
  {
    name: 'a pooler on Railway’s private network',
    sessions: 'unknown',
    instead: DIRECT_INSTEAD,
    matches: ({ host }) => /^[^.]*(bouncer|pooler|pgcat)[^.]*\.railway\.internal$/.test(host),
  },
  {
    name: 'Railway’s private network',
    sessions: 'kept',
    reachedBy: 'private network',
    otherwise: 'services of another project or environment, and people, use the public TCP proxy of the database',
    matches: ({ host }) => /\.railway\.internal$/.test(host),
  },
  { name: 'Railway’s TCP proxy', sessions: 'kept', matches: ({ host }) => /\.(rlwy\.net|railway\.app)$/.test(host) },
  {
    name: 'port 6543, where Supabase’s poolers are in transaction mode',
    sessions: 'by transaction',
    instead: 'port 5432',
    matches: ({ port }) => port === 6543,
  },
];

const UNKNOWN: Endpoint = { name: 'a server', sessions: 'unknown' };

/** Recognises the address of a database URL by the names that its provider gives. */
export function endpointOf(target: DatabaseTarget): Endpoint {
  const host = target.host.toLowerCase().replace(/\.$/, '');
  const found = KNOWN.find((known) => known.matches({ ...target, host })) ?? UNKNOWN;
  if (target.isPgbouncer && found.sessions !== 'by transaction')
    return {
      ...found,
      name: `${found.name === UNKNOWN.name ? 'a pooler' : found.name} (its URL says pgbouncer=true)`,
      sessions: 'by transaction',
      instead:
        found.sessions === 'kept'
          ? `the same URL without pgbouncer=true: ${found.name} keeps a session`
          : DIRECT_INSTEAD,
    };
  return found;
}
