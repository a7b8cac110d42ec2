import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeLiteral } from '#lib/db/client.ts';
import { issueServer, makeAuthority } from '../postgres/certificates.ts';
import { APP } from '../postgres/named-database.ts';
import { execute } from '../postgres/postgres.ts';
import { serverUser } from '../postgres/postgres-files.ts';
import { memoryFolder } from '../postgres/scratch-folder.ts';
import { startTestCluster } from '../postgres/test-cluster.ts';
import { makeAppRole, type HostedCluster, type RolePasswords } from './cluster.ts';

const SUPERUSER = 'rdsadmin';
/** The master user of the instance, a member of rds_superuser, which is not a superuser. */
const MASTER = 'golive_master';

const roles = (passwords: RolePasswords) => [
  'CREATE ROLE rds_superuser NOLOGIN CREATEROLE CREATEDB',
  'GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION',
  `CREATE ROLE ${MASTER} LOGIN CREATEROLE CREATEDB PASSWORD ${escapeLiteral(passwords.owner)}`,
  `GRANT rds_superuser TO ${MASTER}`,
  'CREATE DATABASE rdsadmin',
  'REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC',
];

/** As with rds.force_ssl: unencrypted connections are rejected, except for the platform. */
const ACCESS = `host    all ${SUPERUSER} 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 scram-sha-256
`;

/** Like RDS: the master user is not a superuser, TLS is required, and the server certificate is signed by the platform's CA. */
export async function startRds(major: 15 | 17, passwords: RolePasswords): Promise<HostedCluster> {
  await using started = new AsyncDisposableStack();
  const folder = await memoryFolder('hosted');
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const { settings, authority } = await writeServerFiles(folder);
  const cluster = await startTestCluster(major, { superuser: SUPERUSER, settings });
  started.defer(() => cluster.stop());
  await execute(cluster.url(), ...roles(passwords));
  const as = (role: string, password: string, database: string) =>
    `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${cluster.port}/${database}?sslmode=require`;
  const running = started.move();
  return {
    async create(name) {
      await execute(cluster.url(), `CREATE DATABASE ${name} OWNER ${MASTER}`);
      const owner = as(MASTER, passwords.owner, name);
      await makeAppRole(owner, passwords.app, authority);
      return { DATABASE_URL: as(APP, passwords.app, name), MIGRATE_DATABASE_URL: owner };
    },
    environment: { DATABASE_CA_CERT: authority },
    superuserUrl: (database) => cluster.url(database),
    stop: () => running.disposeAsync(),
  };
}

/** Writes certificates and pg_hba.conf. @returns the server settings and the path of the CA certificate. */
async function writeServerFiles(folder: string): Promise<{ settings: Record<string, string>; authority: string }> {
  const authority = makeAuthority('platform authority');
  const { certificate, key } = issueServer(authority);
  const place = (name: string) => join(folder, name);
  const files = { 'server.crt': certificate, 'server.key': key, 'pg_hba.conf': ACCESS };
  await writeFile(place('authority.pem'), authority.certificate);
  const user = serverUser();
  for (const [name, text] of Object.entries(files)) {
    await writeFile(place(name), text, { mode: 0o600 });
    if (user) await chown(place(name), user.uid, user.gid);
  }
  const settings = {
    ssl: 'on',
    ssl_cert_file: place('server.crt'),
    ssl_key_file: place('server.key'),
    hba_file: place('pg_hba.conf'),
  };
  return { settings, authority: place('authority.pem') };
}
