/**
 * `npm run smoke:nextauth-db`: checks sign-in on the database of DATABASE_URL, e.g. after a restore: starts the built app, creates an
 * account, signs in and out, checks the events, and disables the account.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import { openDb, type Db } from '#lib/db.ts';
import { migrateEnv } from '#lib/env.ts';
import { COMMANDS } from '#lib/release/contract.ts';
import { disableUser } from '#lib/users/admin.ts';
import { createUserWithPassword } from '#lib/users/create.ts';
import { waitUntilHealthy } from '../../tests/support/process/health.ts';
import { freePort } from '../../tests/support/postgres/postgres.ts';
import { startProcess } from '../../tests/support/process/processes.ts';
import { runCommand, WrongUsage } from '../support/run-command.ts';
import { CheckFailure, HttpVisitor } from './support/http-visitor.ts';

const USAGE = `npm run smoke:nextauth-db    needs DATABASE_URL and a build (npm run build)
Exit: 0 people can sign in, 1 they cannot, 2 wrong usage.`;

const ACT: AuditContext = { actor: { type: 'system', id: 'smoke', label: 'smoke' }, origin: { source: 'cli' } };

async function main(): Promise<number> {
  if (!existsSync('.next/BUILD_ID')) throw new WrongUsage('there is no build yet: npm run build');
  const { DATABASE_URL, DATABASE_CA_CERT } = migrateEnv();
  const db = openDb(DATABASE_URL, { max: 2, caCert: DATABASE_CA_CERT });
  const account = {
    email: `smoke-${randomBytes(6).toString('hex')}@example.org`,
    password: randomBytes(18).toString('base64url'),
  };
  let id: string | undefined;
  try {
    const added = await createUserWithPassword(db, ACT, { ...account, name: 'Smoke', role: 'user' });
    if (!added.ok) throw new CheckFailure(`an account cannot be added: ${added.detail}`);
    id = added.value.id;
    await onServer(DATABASE_URL, (origin) => signInAndOut(db, origin, account));
    console.log('people can sign in on this database');
    return 0;
  } finally {
    if (id !== undefined) await disableUser(db, ACT, id).catch(() => undefined);
    await db.$disconnect();
  }
}

async function onServer(DATABASE_URL: string, use: (origin: string) => Promise<void>): Promise<void> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const web = startProcess('sh', ['-c', COMMANDS.start], {
    env: {
      NODE_ENV: 'production',
      PORT: String(port),
      DATABASE_URL,
      NEXTAUTH_URL: origin,
      NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET ?? randomBytes(32).toString('base64'),
    },
  });
  try {
    await waitUntilHealthy(origin, web);
    await use(origin);
  } finally {
    await web.stop();
  }
}

async function signInAndOut(db: Db, origin: string, { email, password }: { email: string; password: string }) {
  const visitor = new HttpVisitor(origin);
  await visitor.signIn(email, password);
  const home = await visitor.open('/');
  if (home.status !== 200 || home.trail.length > 1)
    throw new CheckFailure(`signed in, / answers ${home.status} at ${home.trail.at(-1)}`);
  await visitor.signOut();
  const events = await db.auditEvent.findMany({ where: { actorLabel: email }, select: { action: true } });
  for (const action of ['auth.sign_in', 'auth.sign_out'])
    if (!events.some((event) => event.action === action)) throw new CheckFailure(`${action} is not in the audit log`);
}

await runCommand({ name: 'smoke:nextauth-db', usage: USAGE }, main);
