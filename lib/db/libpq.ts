import tls from 'node:tls';
import { serverVerification } from './connection.ts';
import type { DatabaseTarget } from './url/read.ts';

/**
 * libpq variables that would override parts of a URL and are therefore removed from the environment of PostgreSQL tools. PGPASSWORD,
 * PGPASSFILE, PGOPTIONS and PGAPPNAME are kept and used here as well.
 */
export const IGNORED_VARIABLES = [
  'PGHOSTADDR',
  'PGSERVICE',
  'PGSERVICEFILE',
  'PGREQUIRESSL',
  'PGSSLCRL',
  'PGSSLCRLDIR',
  'PGSSLCERT',
  'PGSSLKEY',
  'PGSSLROOTCERT',
  'PGSSLNEGOTIATION',
  'PGSSLMINPROTOCOLVERSION',
  'PGSSLMAXPROTOCOLVERSION',
  'PGREQUIREPEER',
  'PGREQUIREAUTH',
  'PGCHANNELBINDING',
  'PGTARGETSESSIONATTRS',
  'PGLOADBALANCEHOSTS',
  'PGCONNECT_TIMEOUT',
  'PGCLIENTENCODING',
  'PGDATESTYLE',
  'PGTZ',
] as const;

/**
 * Converts a URL to environment variables for psql, pg_dump and pg_restore, so that no password is on a command line.
 * @param caCert as of `verification()`.
 * @param store writes the trusted CAs to a file and returns its path; called for encrypted connections only.
 * @throws as `connectionConfig()` does.
 */
export function libpqVariables(
  target: DatabaseTarget,
  caCert: string | undefined,
  store: (pem: string) => string,
): Record<string, string> {
  const verified = serverVerification(target, caCert);
  const { client } = target.tls;
  const variables = {
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGPASSWORD: target.password,
    PGDATABASE: target.database,
    PGOPTIONS: target.options,
    PGAPPNAME: target.applicationName,
    PGCONNECT_TIMEOUT: target.connectTimeout?.toString(),
    PGTARGETSESSIONATTRS: target.primaryOnly ? 'read-write' : undefined,
    PGGSSENCMODE: 'disable',
    PGSSLMODE: verified === undefined ? 'disable' : verified.name ? 'verify-full' : 'verify-ca',
    // libpq has no authorities of its own before version 16: it is given Node's, which the app trusts.
    PGSSLROOTCERT: verified && store([verified.ca ?? nodeTrustedCas()].flat().join('\n')),
    PGCHANNELBINDING: verified && target.channelBinding,
    PGSSLCERT: verified && client?.cert,
    PGSSLKEY: verified && client?.key,
  };
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Node's default CAs. */
const nodeTrustedCas = () => tls.getCACertificates?.('default') ?? [...tls.rootCertificates];
