import type { Client } from 'pg';
import { openClient } from '../../db/client.ts';
import { endpointOf } from '../../db/url/endpoint.ts';
import { databaseUrlProblem, readDatabaseUrl } from '../../db/url/read.ts';
import { green, red, tail, yellow, type Check, type CheckFinding } from './check.ts';

const CONNECT_TIMEOUT_MS = 3_000;

/** In the order in which they are tried; the first is what migrations use. */
const NAMES = ['MIGRATE_DATABASE_URL', 'DATABASE_URL', 'WORKER_DATABASE_URL'] as const;

/** Checks the current database, if it is reachable from here. */
export const database: Check = {
  name: 'database',
  description: 'each process can sign in, the schema has not drifted and the audit log’s next month has its partition',
  async run({ env, run }) {
    const given = NAMES.flatMap((name) => (env[name] ? [{ name, url: env[name] }] : []));
    if (given.length === 0) return [yellow('no database is named', 'set DATABASE_URL to look at drift and partitions')];
    const opened: Client[] = [];
    const findings: CheckFinding[] = [];
    try {
      for (const { name, url } of given) {
        const outcome = await signIn(name, url, env);
        if ('finding' in outcome) findings.push(outcome.finding);
        else opened.push(outcome.client);
      }
      const [client] = opened;
      // Half of the signed-in roles would tell half of the truth, and the reasons are named already.
      if (client === undefined || opened.length < given.length) return findings;
      return [...(await drift(run)), await nextPartition(client), ...(await superuser(client))];
    } finally {
      await Promise.all(opened.map((client) => client.end().catch(() => undefined)));
    }
  },
};

/** Codes of PostgreSQL for a server that is there and will not have us: no database of that name, no such role, a wrong password. */
const REFUSALS: Record<string, string> = {
  '3D000': 'fix the database name at the end of the URL, or create the database',
  '28P01': 'fix user and password; npm run db:roles creates the app’s role',
  '28000': 'fix the user or the TLS parameters; npm run db:roles creates the app’s role',
};

async function signIn(
  name: string,
  url: string,
  env: Record<string, string | undefined>,
): Promise<{ client: Client } | { finding: CheckFinding }> {
  const unread = databaseUrlProblem(url);
  if (unread !== undefined) return { finding: red(`${name} ${unread}`, `nothing connects with it: fix ${name}`) };
  try {
    const client = await openClient(url, {
      caCert: env.DATABASE_CA_CERT,
      session: { statement_timeout: 10_000 },
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client.on('error', () => undefined);
    return { client };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const fix = REFUSALS[code];
    if (fix !== undefined) return { finding: red(`the server refuses ${name}: ${message}`, fix) };
    const { name: what, reachedBy, otherwise } = endpointOf(readDatabaseUrl(url));
    const why = reachedBy === undefined ? message : `${what} (${reachedBy} only): ${message}`;
    return {
      finding: yellow(`${name} is not reachable from here: ${why}`, otherwise ?? 'repeat from a place that reaches it'),
    };
  }
}
interface Found {
  kind: string;
  name: string;
  detail: string;
}

/** Pending and ahead migrations are expected; other findings stop the deployment. */
async function drift(run: Parameters<Check['run']>[0]['run']): Promise<CheckFinding[]> {
  const { code, output } = await run('npm', ['run', '--silent', 'db:status', '--', '--json']);
  const json = /^\{.*\}$/m.exec(output)?.[0];
  if (json === undefined && code === 0) return [green('every migration is applied, nothing drifted')];
  if (json === undefined) return [red(`db:status could not check: ${tail(output)}`, 'npm run db:status')];
  const { findings, notes = [] } = JSON.parse(json) as { findings: Found[]; notes?: Found[] };
  return [
    ...(code === 0 ? [green('every migration is applied, nothing drifted, and nobody else has a right')] : []),
    ...findings.map(({ kind, name, detail }) =>
      kind === 'pending' || kind === 'ahead'
        ? yellow(`${kind}: ${name}`, 'the deployment applies what is pending; ahead is right after a rollback')
        : red(`${kind}: ${name} ${detail}`, 'npm run db:status says what to do'),
    ),
    ...notes.map(({ name, detail }) =>
      yellow(`${name} ${detail}`, 'npm run db:status names it as a note: it stops nothing'),
    ),
  ];
}

async function nextPartition(client: Client): Promise<CheckFinding> {
  const { rows } = await client.query<{ present: boolean | null }>(`
    SELECT bool_or(pg_get_expr(c.relpartbound, c.oid) LIKE '%' || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', 'YYYY-MM-DD') || '%')
      AS present
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass('"AuditEvent"')`);
  const present = rows[0]?.present;
  if (present === null || present === undefined)
    return yellow('the audit log has no partitions yet', 'the first deployment’s migrations make them');
  return present
    ? green('next month has its partition')
    : red('next month has no partition: its events would go to the default one', 'npm run db:pg:migrate');
}

async function superuser(client: Client): Promise<CheckFinding[]> {
  const { rows } = await client.query<{ super: boolean }>(
    'SELECT rolsuper AS super FROM pg_roles WHERE rolname = current_user',
  );
  return rows[0]?.super ? [yellow('migrations run as a superuser', 'make an owner role without SUPERUSER')] : [];
}
