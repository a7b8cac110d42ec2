import { openClient } from '#lib/db/client.ts';
import { migrateEnv } from '#lib/env.ts';
import { reason } from '../../../support/run-command.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Tests the connection of DATABASE_URL as owner and as app, to report errors by variable name.
 * @throws EnvError, or an error of one line that begins with the variable's name; never with a password.
 */
export async function checkExternalDatabase(): Promise<void> {
  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATABASE_APP_ROLE, DATABASE_CA_CERT } = migrateEnv();
  const owner = MIGRATE_DATABASE_URL === undefined ? 'DATABASE_URL' : 'MIGRATE_DATABASE_URL';
  if (!(await mayMakeTables(owner, MIGRATE_DATABASE_URL ?? DATABASE_URL, DATABASE_CA_CERT)))
    throw new Error(`${owner}: its user may not make tables; MIGRATE_DATABASE_URL must name their owner`);
  // With DATABASE_APP_ROLE the migrations create the app's user.
  if (MIGRATE_DATABASE_URL !== undefined && DATABASE_APP_ROLE === undefined)
    await mayMakeTables('DATABASE_URL', DATABASE_URL, DATABASE_CA_CERT);
}

async function mayMakeTables(variable: string, url: string, caCert: string | undefined): Promise<boolean> {
  try {
    const client = await openClient(url, { caCert, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    try {
      const { rows } = await client.query<{ may: boolean }>(`SELECT has_schema_privilege('public', 'CREATE') AS may`);
      return rows[0]?.may === true;
    } finally {
      await client.end().catch(() => undefined);
    }
  } catch (error) {
    throw new Error(`${variable}: ${reason(error)}`, { cause: error });
  }
}
