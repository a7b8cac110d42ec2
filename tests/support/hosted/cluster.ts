import { openClient } from '#lib/db/client.ts';
import { createRoles } from '#lib/db/roles/create-roles.ts';
import { APP, type DatabaseUrls } from '../postgres/named-database.ts';

/** A temporary server with databases set up like those of a hosting platform. */
export interface HostedCluster {
  /** Creates an empty database and returns the URLs that an operator would set. */
  create(name: string): Promise<DatabaseUrls>;
  /** Further variables, such as DATABASE_CA_CERT. */
  environment: Record<string, string>;
  /** The platform's superuser, for checks from outside. */
  superuserUrl(database: string): string;
  stop(): Promise<void>;
}

/** Passwords of the two roles of an installation. */
export interface RolePasswords {
  owner: string;
  app: string;
}

/** Creates the app's role with `npm run db:roles` as the database owner, who is not a superuser. */
export async function makeAppRole(ownerUrl: string, password: string, caCert?: string): Promise<void> {
  const client = await openClient(ownerUrl, { caCert });
  try {
    const owner = { name: 'unused', password: undefined };
    await createRoles(client, { owner, ownOwner: false, users: [{ name: APP, password }] });
  } finally {
    await client.end();
  }
}
