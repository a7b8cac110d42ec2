/** `npm run db:roles`: creates the database roles of an installation. */
import { openClient } from '#lib/db/client.ts';
import { createRoles, type CreatedRole, type RequestedRole } from '#lib/db/roles/create-roles.ts';
import { poolerSuffix } from '#lib/db/roles/roles.ts';
import { migrateEnv } from '#lib/env.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `Usage: npm run db:roles [-- --app NAME] [--worker [NAME]] [--owner NAME] [--json]
  Makes the roles that are missing, as the user of MIGRATE_DATABASE_URL, or else DATABASE_URL: a user with CREATEROLE, such as the one that
  Supabase, RDS or Railway gives you. Safe to run again.
  --app NAME      the user of DATABASE_URL, default golive_app
  --worker NAME   a user of the worker's own (WORKER_DATABASE_URL), so that web and worker each have only their own rights
  --owner NAME    an owner of the tables, golive_owner for a superuser. Otherwise they are the connected user's, and tables that
                  are there stay whose they are
  --json          one JSON object
  Passwords come from APP_PASSWORD, WORKER_PASSWORD and OWNER_PASSWORD. A new role without one gets a random password, which is shown
  once, here; one that is there keeps its own.
  Exit codes: 0 done, 1 failed and nothing was changed, 2 wrong usage`;

const NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const OPTIONS = {
  app: { type: 'string', default: 'golive_app' },
  worker: { type: 'string' },
  owner: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

interface Line extends CreatedRole {
  variable: string;
  /** The user part of the URL; poolers may need more than the role name. */
  user: string;
}

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const users = [wanted('app', values.app), ...(values.worker === undefined ? [] : [wanted('worker', values.worker)])];
  const owner = wanted('owner', values.owner ?? 'golive_owner');
  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATABASE_CA_CERT } = migrateEnv();
  const url = MIGRATE_DATABASE_URL ?? DATABASE_URL;
  const client = await openClient(url, { caCert: DATABASE_CA_CERT });
  try {
    const { rows } = await client.query<{ me: string }>('SELECT current_user AS me');
    const suffix = poolerSuffix(url, rows[0]?.me ?? '');
    const made = await createRoles(client, { owner, ownOwner: values.owner !== undefined, users });
    const variables = ['MIGRATE_DATABASE_URL', 'DATABASE_URL', 'WORKER_DATABASE_URL'];
    const lines = [made.owner, ...made.users].map((role, i): Line => ({
      variable: variables[i] ?? '',
      user: role.name + suffix,
      ...role,
    }));
    if (values.json) console.log(JSON.stringify({ database: made.database, roles: lines }));
    else print(made.database, lines);
    return 0;
  } finally {
    await client.end();
  }
}

/** @throws WrongUsage for a name that needs quoting, and for a password that clients encode differently. */
function wanted(option: 'app' | 'worker' | 'owner', name: string): RequestedRole {
  if (!NAME.test(name)) throw new WrongUsage(`--${option} takes a name of lower-case letters, digits and underscores`);
  const variable = `${option.toUpperCase()}_PASSWORD`;
  const password = process.env[variable] || undefined;
  if (password !== undefined && !/^[\x20-\x7e]{12,}$/.test(password))
    throw new WrongUsage(`${variable} must have at least 12 characters, all of them ASCII`);
  return { name, password };
}

function print(database: string, lines: Line[]): void {
  console.log(`database ${database}`);
  for (const { variable, user, made, password } of lines) {
    const how = made ? 'made' : 'was there';
    console.log(
      `${variable.padEnd(21)} user ${user}: ${how}${password === undefined ? '' : `; password, shown this once: ${password}`}`,
    );
  }
  console.log(
    'Put each user and its password into the URL you connected with. Then: npm run db:migrate:prod && npm run db:status',
  );
}

await runCommand({ name: 'db:roles', usage: USAGE, options: OPTIONS }, main);
