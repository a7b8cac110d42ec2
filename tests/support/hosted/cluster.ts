import { openClient } from '#lib/db/client.ts';
import { makeRoles } from '#lib/db/roles/create-roles.ts';
import { APP, type DatabaseUrls } from '../postgres/named-database.ts';

/** A server for one run, with databases that look as a hosting platform hands them out. */
export interface HostedCluster {
  /** Makes an empty database and returns the URLs that an operator would set. */
  create(name: string): Promise<DatabaseUrls>;
  /** What else an operator would set, such as DATABASE_CA_CERT. */
  environment: Record<string, string>;
  /** As the platform's own superuser, whom no operator ever is: to look from outside. */
  superuserUrl(database: string): string;
  stop(): Promise<void>;
}

/** Passwords of the two roles of an installation. */
export interface RolePasswords {
  owner: string;
  app: string;
}

/** Makes the app's role as an operator does with `npm run db:roles`: connected as the owner of the database, who may make roles but is no superuser. */
export async function makeAppRole(ownerUrl: string, password: string, caCert?: string): Promise<void> {
  const client = await openClient(ownerUrl, { caCert });
  try {
    const owner = { name: 'unused', password: undefined };
    await makeRoles(client, { owner, ownOwner: false, users: [{ name: APP, password }] });
  } finally {
    await client.end();
  }
}
