import { execFile } from 'node:child_process';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { escapeIdentifier, escapeLiteral, openClient } from '#lib/db/client.ts';
import { IGNORED_VARIABLES, libpqVariables } from '#lib/db/libpq.ts';
import { openDb } from '#lib/db.ts';
import { databaseUrlProblem, readDatabaseUrl } from '#lib/db/url/read.ts';
import { reportUnchecked } from '../../support/process/unchecked.ts';
import { serverUser } from '../../support/postgres/postgres-files.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { command } from '../../support/command.ts';
import { bareEnvironment } from '../../support/host.ts';
import { haveTool } from '../../support/required-tools.ts';
import { releaseCluster, ROOT, type ReleaseCluster } from '../release/release-cluster.ts';

/** Names and a password with every character that means something in a URL, in a shell or to libpq. */
const ROLE = `we ird@r/o:l#e?%'"\\=é`;
const PASSWORD = ` p@ss/wo:rd?#&=%+[]{}$\`'"\\;é `;
const DATABASE = `da ta@b/a:s#e?%&=+'"\\é`;
const encoded = {
  role: encodeURIComponent(ROLE),
  password: encodeURIComponent(PASSWORD),
  database: encodeURIComponent(DATABASE),
};
const WHO = `SELECT current_user || '|' || current_database()`;

const psql = haveTool('psql', 'URLs mean to psql what they mean to the app');
const ipv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
if (!ipv6) reportUnchecked('a database URL with an IPv6 address', 'this host has none');

let server: ReleaseCluster;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'golive urls@'));
  const user = serverUser();
  if (user) await chown(dir, user.uid, user.gid);
  server = await releaseCluster({
    listen_addresses: ipv6 ? '127.0.0.1,::1' : '127.0.0.1',
    unix_socket_directories: `"${dir}"`,
  });
  await server.create('plain');
  await execute(
    server.cluster.url(),
    `CREATE ROLE ${escapeIdentifier(ROLE)} LOGIN PASSWORD ${escapeLiteral(PASSWORD)}`,
    `CREATE ROLE role WITH LOGIN PASSWORD ${escapeLiteral(`p#w?o:r[d]`)}`,
    `CREATE DATABASE ${escapeIdentifier(DATABASE)}`,
  );
}, 60_000);

afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** `PORT` and `SOCKET` stand for what is known only when the server runs. */
const filled = (url: string) =>
  url.replaceAll('PORT', String(server.cluster.port)).replaceAll('SOCKET', encodeURIComponent(dir));

const [U, P, D] = [encoded.role, encoded.password, encoded.database];
const weird = `${ROLE}|${DATABASE}`;
const plain = 'golive_owner|plain';

/** URL, and whom and what it reaches. With `alone` psql itself, given the URL, refuses a parameter that only we read. */
const UNDERSTOOD: [url: string, reaches: string, alone?: 'refused by psql'][] = [
  [`postgres://${U}:${P}@127.0.0.1:PORT/${D}`, weird],
  [`postgresql://${U}:${P}@localhost:PORT/${D}?sslmode=disable`, weird],
  [`postgres://role:p#w?o:r[d]@127.0.0.1:PORT/plain`, 'role|plain'],
  [`postgres://SOCKET:PORT/plain?user=${U}&password=${P}`, `${ROLE}|plain`],
  [`postgres://golive_owner:p%25w@localhost/plain?host=SOCKET&port=PORT`, plain],
  [`postgres://golive_owner:p%25w@SOCKET:PORT/plain?sslmode=require`, plain],
  [`postgres:///?host=127.0.0.1&port=PORT&user=golive_owner&password=p%25w&dbname=${D}`, `golive_owner|${DATABASE}`],
  ['postgres://golive_owner:p%25w@127.0.0.1:PORT/plain?', plain],
  ['postgres://golive_owner:p%25w@127.0.0.1:PORT/plain?application_name=a%20+b&connect_timeout=7&', plain],
  ['postgres://golive_owner:p%25w@127.0.0.1:PORT/plain?options=-c%20geqo%3Doff%20-c%20work_mem%3D5MB', plain],
  ['postgres://golive_owner:p%25w@127.0.0.1:PORT/plain?target_session_attrs=read-write&channel_binding=prefer', plain],
  ['postgres://golive_owner:p%25w@127.0.0.1:PORT/plain?gssencmode=disable&client_encoding=UTF8', plain],
  ['postgres://golive_owner:p%25w@127.0.0.1:PORT/plain?connection_limit=5&pool_timeout=10', plain, 'refused by psql'],
  ['postgres://golive_owner:p%25w@127.0.0.1:PORT/plain?uselibpqcompat=true&sslmode=disable', plain, 'refused by psql'],
  ['postgres://golive_owner:p%25w@127.0.0.1:PORT/plain?socket_timeout=30&schema=public', plain, 'refused by psql'],
  ['postgres://golive_owner:p%25w@127.0.0.1:PORT/plain?statement_cache_size=0&ssl=false', plain, 'refused by psql'],
  ...(ipv6 ? [['postgres://golive_owner:p%25w@[::1]:PORT/plain', plain] as [string, string]] : []),
];

const run = promisify(execFile);

const psqlWith = async (env: Record<string, string>) =>
  (await run('psql', ['-XAtqw', '-c', WHO], { env: bareEnvironment(env) })).stdout.trimEnd();

const psqlByReading = (url: string) => psqlWith(libpqVariables(readDatabaseUrl(url), undefined, () => 'none'));

const psqlByItself = async (url: string) =>
  (await run('psql', ['-XAtqw', '-d', url, '-c', WHO], { env: bareEnvironment() })).stdout.trimEnd();

async function byApp(url: string): Promise<string> {
  const db = openDb(url, { max: 1 });
  try {
    const [row] = await db.$queryRawUnsafe<{ who: string }[]>(`${WHO} AS who`);
    return row?.who ?? '';
  } finally {
    await db.$disconnect();
  }
}

test.each(UNDERSTOOD)('the app and psql are at the same place with %s', async (template, reaches, alone) => {
  const url = filled(template);
  expect(await byApp(url)).toBe(reaches);
  if (!psql) return;
  expect(await psqlByReading(url)).toBe(reaches);
  if (alone === undefined) expect(await psqlByItself(url)).toBe(reaches);
  else await expect(psqlByItself(url)).rejects.toThrow(/invalid URI query parameter/);
});

test.runIf(psql)('the scripts are there too, whatever the variables of libpq in their shell say', async () => {
  const script = `set -euo pipefail; source scripts/support/database.sh; use_database test DATABASE_URL; ask "$1"`;
  const foreign = Object.fromEntries(IGNORED_VARIABLES.map((name) => [name, 'none']));
  const others = { PGHOST: 'nowhere.invalid', PGUSER: 'none', PGDATABASE: 'none', PGPORT: '1', PGSSLMODE: 'require' };
  const env = { ...foreign, ...others, DATABASE_URL: filled(UNDERSTOOD[0]?.[0] ?? ''), ROOT, WORK: dir };
  const ran = await command('bash', ['-c', script, 'test', WHO], { env });
  expect(ran).toMatchObject({ stdout: `${weird}\n`, stderr: '' });
});

test('the engine is there too, in a database whose name a URL must encode', async () => {
  const url = filled(`postgres://${U}:${P}@127.0.0.1:PORT/${D}?connection_limit=1`);
  await execute(server.cluster.url(encoded.database), `GRANT CREATE ON SCHEMA public TO ${escapeIdentifier(ROLE)}`);
  const env = { MIGRATE_DATABASE_URL: url };
  await writeFile(join(dir, 'who.sql'), `CREATE TABLE public.who AS ${WHO} AS who`);
  const ran = await command('prisma', ['db', 'execute', '--file', join(dir, 'who.sql')], { env });
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  const client = await openClient(url);
  expect((await client.query<{ who: string }>('SELECT who FROM public.who')).rows).toEqual([{ who: weird }]);
  await client.end();
});

test('what a URL says about waiting, names and settings arrives', async () => {
  const url = filled(`${UNDERSTOOD[8]?.[0]}options=-c%20geqo%3Doff`);
  const client = await openClient(url, { application_name: 'ours', connectionTimeoutMillis: 1 });
  const { rows } = await client.query(
    `SELECT current_setting('application_name') AS name, current_setting('geqo') AS geqo`,
  );
  expect(rows).toEqual([{ name: 'a +b', geqo: 'off' }]);
  await client.end();
});

const SECRET = 'Zq7SECRETx9';
/** Each with a secret, or a part of one, where a careless error would show it. */
const REFUSED: [url: string, says: RegExp][] = [
  [`mysql://o:${SECRET}@127.0.0.1/x`, /must be a postgres:/],
  [`POSTGRES://o:${SECRET}@127.0.0.1/x`, /must be a postgres:/],
  [`postgres://o:p@${SECRET}@127.0.0.1:PORT/x`, /more than one @.*%40/],
  [`postgres://o:p@127.0.0.1:PORT/x?application_name=${SECRET}@h`, /more than one @/],
  [`postgres://o:12/${SECRET}@127.0.0.1:PORT/x`, /a \/ before its @.*%2F/],
  [`postgres://o:${SECRET}%ZZ@127.0.0.1:PORT/x`, /two hexadecimal digits.*%25/],
  [`postgres://o:${SECRET}%FF@127.0.0.1:PORT/x`, /no UTF-8/],
  [`postgres://o:${SECRET}%00@127.0.0.1:PORT/x`, /%00/],
  [`postgres://o:${SECRET} @127.0.0.1:PORT/x`, /a space, a line break/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x\n`, /a space, a line break/],
  [`postgres://o:${SECRET}127.0.0.1:PORT/x`, /names no user/],
  [`postgres://o:${SECRET}127.0.0.1/x`, /names no user/],
  [`postgres://o:p@h:${SECRET}/x`, /a port that is no number/],
  [`postgres://o:${SECRET}@127.0.0.1:99999/x`, /1 to 65535/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT,127.0.0.2:PORT/x`, /several hosts/],
  [`postgres://o:${SECRET}@h/x?host=a,b`, /several hosts/],
  [`postgres://o:${SECRET}@[::1/x`, /a host that is none/],
  [`postgres://o:${SECRET}@::1/x`, /names no host|a port that is no number/],
  [`postgres://o:${SECRET}@/x`, /names no host/],
  [`postgres://127.0.0.1:PORT/x`, /names no user/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT`, /names no database/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?schema=golive`, /schema .*public/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?sslmode=prefer`, /sslmode .*verify-full/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?sslmode=no-verify`, /sslmode/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?sslmode=require&ssl=false`, /two things about encryption/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?sslaccept=accept_invalid_certs`, /sslaccept .*DATABASE_CA_CERT/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?sslcert=/a.pem`, /sslcert and sslkey together/],
  [
    `postgres://o:${SECRET}@127.0.0.1:PORT/x?sslmode=disable&channel_binding=require`,
    /channel_binding=require without/,
  ],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?options=-c%20search_path%3Dother`, /search_path in its options/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?options=--TimeZone=CET`, /name=value|timezone/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?target_session_attrs=standby`, /target_session_attrs/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?application_name=a&application_name=b`, /application_name twice/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?connect_timeout=soon`, /connect_timeout .*whole number/],
  [`postgres://o:${SECRET}@127.0.0.1:PORT/x?hostaddr=127.0.0.1`, /has hostaddr/],
  [`postgres://127.0.0.1:PORT/x?user=o&password=a&${SECRET}=b`, /has a parameter, which/],
  [`postgres://127.0.0.1:PORT/x?user=o&password=a&${SECRET}`, /name=value/],
];

test.each(REFUSED)('%s is refused by name, and no part of its secret is said', (template, says) => {
  const url = filled(template);
  const fault = databaseUrlProblem(url) ?? '';
  expect(fault).toMatch(says);
  expect(fault).not.toContain(SECRET);
  expect(fault).not.toMatch(/12\//);
  expect(() => readDatabaseUrl(url)).toThrow(fault);
  expect(() => openDb(url)).toThrow(fault);
});

test('every command rejects such a URL with the same message before doing anything', async () => {
  const url = filled(`postgres://golive_owner:p@${SECRET}@127.0.0.1:PORT/plain`);
  const fault = databaseUrlProblem(url) ?? 'none';
  const env = { DATABASE_URL: url, NEXTAUTH_SECRET: SECRET.repeat(4), NODE_ENV: 'production' };
  const places: [string, string[]][] = [
    ['prisma', ['migrate', 'deploy']],
    ['npm', ['run', '--silent', 'db:pg:migrate']],
    ['npm', ['run', '--silent', 'preflight:prod', '--', '--only', 'database-url']],
    ['node', ['worker/main.ts']],
    ['scripts/backup.sh', [join(dir, 'refused.dump')]],
  ];
  const ran = await Promise.all(places.map(([file, args]) => command(file, args, { env })));
  ran.push(await command('scripts/restore.sh', [__filename, '--without-manifest'], { env }));
  for (const [i, { code, stdout, stderr }] of ran.entries()) {
    expect(code, places[i]?.[0]).not.toBe(0);
    expect(stdout + stderr, places[i]?.join(' ')).toContain(`DATABASE_URL: ${fault}`);
    expect(stdout + stderr).not.toContain(SECRET);
  }
});

test('no password is in the list of processes', async () => {
  const url = filled('postgres://golive_owner:p%25w@127.0.0.1:PORT/plain');
  const seen = join(dir, 'arguments');
  const engine = join(dir, 'engine.sh');
  const words = `printf '%s\\n' "$0" "$@" >>'${seen}'`;
  await writeFile(engine, `#!/bin/sh\n${words}\nexec '${ROOT}prisma/engine/launch.ts' "$@"\n`, { mode: 0o755 });
  await writeFile(join(dir, 'pg_dump'), `#!/bin/sh\n${words}\nexec /usr/bin/pg_dump "$@"\n`, { mode: 0o755 });
  await writeFile(join(dir, 'psql'), `#!/bin/sh\n${words}\nexec /usr/bin/psql "$@"\n`, { mode: 0o755 });
  const env = { DATABASE_URL: url, PRISMA_SCHEMA_ENGINE_BINARY: engine };
  const migrated = await command('prisma', ['migrate', 'status'], { env });
  expect(migrated.stdout + migrated.stderr).toMatch(/not yet been applied/);
  if (psql) {
    const dumped = await command('scripts/backup.sh', [join(dir, 'whole.dump')], {
      env: { DATABASE_URL: url, PATH: `${dir}:${process.env.PATH}` },
    });
    expect(dumped.code, dumped.stderr).toBe(0);
  }
  const all = await readFile(seen, 'utf8');
  expect(all).toContain('--datasource');
  for (const secret of ['p%25w', 'p%w']) expect(all).not.toContain(secret);
});
