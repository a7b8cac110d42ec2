import { endpointOf } from '../../db/url/endpoint.ts';
import { databaseUrlProblem, isSocket, readDatabaseUrl, type DatabaseTarget } from '../../db/url/read.ts';
import { green, red, yellow, type Check, type CheckFinding } from './check.ts';

const LOCAL = /^(localhost|127\.0\.0\.1|::1|.*\.railway\.internal)$/;
const SUPABASE = /\.supabase\.(com|co)$/;

const NAMES = ['DATABASE_URL', 'MIGRATE_DATABASE_URL', 'WORKER_DATABASE_URL'] as const;

/** Database URLs: verified TLS, no transaction pooler for migrations, and not the owner's role for the app. */
export const databaseUrl: Check = {
  name: 'database-url',
  description:
    'the database is reached over verified TLS, by a role of the app’s own, and migrations can take their lock',
  run({ env }) {
    const unreadableFindings = NAMES.flatMap((name) => unreadable(name, env[name]));
    if (unreadableFindings.length > 0) return Promise.resolve(unreadableFindings);
    const given = NAMES.flatMap((name) => (env[name] ? [{ name, target: readDatabaseUrl(env[name]) }] : []));
    const of = (name: string) => given.find((each) => each.name === name)?.target;
    const [app, owner] = [of('DATABASE_URL'), of('MIGRATE_DATABASE_URL')];
    const caGiven = (env.DATABASE_CA_CERT ?? '') !== '';
    const findings = [
      ...given.flatMap(({ name, target }) => [
        ...encryption(name, target, caGiven),
        ...endpoint(name, target),
        ...psqlSupport(name, target),
      ]),
      ...(app === undefined ? [] : roles(app, owner)),
      ...insecure(env.NODE_TLS_REJECT_UNAUTHORIZED),
    ];
    return Promise.resolve(
      findings.length > 0 ? findings : [green('verified TLS, a session or direct connection, two roles')],
    );
  },
};

/** Uses the same messages as the app, migrations and scripts. */
function unreadable(name: (typeof NAMES)[number], url: string | undefined): CheckFinding[] {
  if (url === undefined || url === '')
    return name === 'DATABASE_URL' ? [red(`${name} is missing`, 'take it from the database’s page')] : [];
  const fault = databaseUrlProblem(url);
  return fault === undefined
    ? []
    : [red(`${name}: ${fault}`, `nothing connects with it: fix ${name} where you deploy`)];
}

function encryption(name: string, { host, tls }: DatabaseTarget, caGiven: boolean): CheckFinding[] {
  if (LOCAL.test(host) || isSocket(host)) return [];
  const trusted = caGiven || tls.rootCert !== undefined;
  const mode = tls.mode ?? (trusted ? 'verify-full' : 'disable');
  if (mode === 'disable')
    return [red(`${name} goes to ${host} in plain text (sslmode=${mode})`, 'append ?sslmode=require')];
  if (SUPABASE.test(host) && !trusted)
    return [
      red(
        'Supabase signs its certificate itself, and DATABASE_CA_CERT is missing',
        'download the certificate from Database Settings and put its text into DATABASE_CA_CERT',
      ),
    ];
  return [];
}

/** What its address tells; what it does not tell is found out by connecting. */
function endpoint(name: string, target: DatabaseTarget): CheckFinding[] {
  const { name: what, sessions, instead, reachedBy, otherwise } = endpointOf(target);
  if (sessions === 'by transaction')
    return [
      red(
        `${name} leads through a transaction pooler (${what}), where neither the lock of a migration nor the settings of our sessions hold`,
        `use ${instead}`,
      ),
    ];
  return reachedBy === 'ipv6' ? [yellow(`${name} is ${what}, which has an IPv6 address alone`, otherwise ?? '')] : [];
}

function roles(app: DatabaseTarget, owner: DatabaseTarget | undefined): CheckFinding[] {
  if (owner !== undefined && owner.user !== app.user) return [];
  return [
    yellow(
      'the app connects as the owner of the tables: only triggers keep the audit log append-only',
      'make a role for the app, put it into DATABASE_URL and the owner into MIGRATE_DATABASE_URL',
    ),
  ];
}

/** The application supports these parameters, but psql commands of the runbook do not. */
function psqlSupport(name: string, { unknownToPsql }: DatabaseTarget): CheckFinding[] {
  if (unknownToPsql.length === 0) return [];
  return [
    yellow(
      `psql itself refuses ${name} for ${unknownToPsql.join(', ')}: the psql commands of the runbook fail with it`,
      'leave these parameters out: nothing here needs them',
    ),
  ];
}

function insecure(value: string | undefined): CheckFinding[] {
  if (value !== '0') return [];
  return [
    red(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 switches the verification of every TLS connection off',
      'remove it and give the authority in DATABASE_CA_CERT',
    ),
  ];
}
