import tls from 'node:tls';
import { verification } from './connection.ts';
import type { DatabaseTarget } from './url/read.ts';

/**
 * Variables of libpq that would change what a URL means, so they do not reach a tool that is to read this URL as we do. What a URL leaves out
 * (PGPASSWORD, PGPASSFILE, PGOPTIONS, PGAPPNAME) comes from the environment there as here.
 */
export const FOREIGN_VARIABLES = [
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
 * What a URL says, as the variables that psql, pg_dump and pg_restore take: they stand on no command line, where every user of the machine
 * would read the password.
 * @param caCert as of `verification()`.
 * @param store writes the authorities that are trusted to a file and returns its path; called for an encrypted connection only.
 * @throws as `connectionConfig()` does.
 */
export function libpqVariables(
  target: DatabaseTarget,
  caCert: string | undefined,
  store: (pem: string) => string,
): Record<string, string> {
  const verified = verification(target, caCert);
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
    PGSSLROOTCERT: verified && store([verified.ca ?? trustedByNode()].flat().join('\n')),
    PGCHANNELBINDING: verified && target.channelBinding,
    PGSSLCERT: verified && client?.cert,
    PGSSLKEY: verified && client?.key,
  };
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The authorities that a connection of Node verifies with when it is told none. Older versions can name their own alone. */
const trustedByNode = () => tls.getCACertificates?.('default') ?? [...tls.rootCertificates];
