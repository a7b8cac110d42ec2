import { green, red, yellow, type Check, type Finding } from './check.ts';

const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\]|.*\.railway\.internal)$/;
const SUPABASE = /\.supabase\.(com|co)$/;
/** Supabase's pooler in transaction mode; 5432 of the same host is the session mode. */
const TRANSACTION_POOLER_PORT = '6543';

/** How the processes reach the database: encrypted and verified, through what can carry a migration, not as its owner. */
export const databaseUrl: Check = {
  name: 'database-url',
  promise: 'the database is reached over verified TLS, by a role of the app’s own, and migrations can take their lock',
  run({ env }) {
    const [app, owner] = [parse(env.DATABASE_URL), parse(env.MIGRATE_DATABASE_URL)];
    if (app === undefined)
      return Promise.resolve([
        red('DATABASE_URL is missing or no postgres:// URL', 'take it from the database’s page'),
      ]);
    const caGiven = (env.DATABASE_CA_CERT ?? '') !== '';
    const findings = [
      ...encryption('DATABASE_URL', app, caGiven),
      ...(owner ? encryption('MIGRATE_DATABASE_URL', owner, caGiven) : []),
      ...pooler(owner ?? app),
      ...roles(app, owner),
      ...insecure(env.NODE_TLS_REJECT_UNAUTHORIZED),
    ];
    return Promise.resolve(
      findings.length > 0 ? findings : [green('verified TLS, a session or direct connection, two roles')],
    );
  },
};

function parse(url: string | undefined): URL | undefined {
  if (!url?.startsWith('postgres') || !URL.canParse(url)) return undefined;
  return new URL(url);
}

function encryption(name: string, url: URL, caGiven: boolean): Finding[] {
  if (LOCAL.test(url.hostname)) return [];
  const mode = url.searchParams.get('sslmode') ?? (caGiven ? 'verify-full' : 'disable');
  if (!['require', 'verify-ca', 'verify-full'].includes(mode))
    return [red(`${name} goes to ${url.hostname} in plain text (sslmode=${mode})`, 'append ?sslmode=require')];
  if (SUPABASE.test(url.hostname) && !caGiven)
    return [
      red(
        'Supabase signs its certificate itself, and DATABASE_CA_CERT is missing',
        'download the certificate from Database Settings and put its text into DATABASE_CA_CERT',
      ),
    ];
  return [];
}

function pooler(url: URL): Finding[] {
  if (url.port !== TRANSACTION_POOLER_PORT && url.searchParams.get('pgbouncer') !== 'true') return [];
  return [
    red(
      'migrations would go through a transaction pooler, where their lock does not hold',
      'use the session pooler (port 5432) or the direct connection in MIGRATE_DATABASE_URL',
    ),
  ];
}

function roles(app: URL, owner: URL | undefined): Finding[] {
  if (owner !== undefined && owner.username !== app.username) return [];
  return [
    yellow(
      'the app connects as the owner of the tables: only triggers keep the audit log append-only',
      'make a role for the app, put it into DATABASE_URL and the owner into MIGRATE_DATABASE_URL',
    ),
  ];
}

function insecure(value: string | undefined): Finding[] {
  if (value !== '0') return [];
  return [
    red(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 switches the verification of every TLS connection off',
      'remove it and give the authority in DATABASE_CA_CERT',
    ),
  ];
}
