/** `npm run admin:list`: lists the admins and checks that there are at least two. */
import { openDb, type Db } from '#lib/db.ts';
import { commandEnv } from '#lib/env.ts';
import { listUsers, MIN_ADMINS, type UserRow } from '#lib/users/list.ts';
import { runCommand, type Given } from '../support/run-command.ts';

const USAGE = `Usage: npm run admin:list [-- --json]
  Prints the active admins. The policy wants ${MIN_ADMINS} of them.
  Exit codes: 0 enough, 1 below ${MIN_ADMINS}, 2 wrong usage, 3 could not check`;

const OPTIONS = { json: { type: 'boolean', default: false } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const { DATABASE_URL, DATABASE_CA_CERT } = commandEnv();
  const db = openDb(DATABASE_URL, { max: 1, caCert: DATABASE_CA_CERT });
  try {
    const admins = await activeAdmins(db);
    const code = admins.length < MIN_ADMINS ? 1 : 0;
    if (values.json)
      return finish(JSON.stringify({ admins: admins.map(shown), atLeast: MIN_ADMINS, enough: code === 0 }), code);
    for (const { email, name, lastSeenAt } of admins.map(shown))
      console.log(`${email}  ${name}  ${lastSeenAt === null ? 'not here lately' : `last here ${lastSeenAt}`}`);
    if (code !== 0)
      console.error(
        `${admins.length} active admin(s); the policy wants at least ${MIN_ADMINS}: npm run admin:create -- --email E`,
      );
    return code;
  } finally {
    await db.$disconnect();
  }
}

async function activeAdmins(db: Db): Promise<UserRow[]> {
  const found: UserRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await listUsers(db, { role: 'admin', status: 'active', cursor, limit: 100 });
    if (!page.ok) throw new Error(page.detail);
    found.push(...page.value.users);
    cursor = page.value.nextCursor ?? undefined;
  } while (cursor);
  return found;
}

const shown = ({ id, email, name, createdAt, lastSeenAt }: UserRow) => ({
  id,
  email,
  name,
  createdAt: createdAt.toISOString(),
  lastSeenAt: lastSeenAt?.toISOString() ?? null,
});

function finish(line: string, code: number): number {
  console.log(line);
  return code;
}

await runCommand({ name: 'admin:list', usage: USAGE, options: OPTIONS, failed: 3 }, main);
