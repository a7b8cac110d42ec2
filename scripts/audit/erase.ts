/** `npm run audit:erase`: erases a person from the log and keeps every proof. Exit 3: refused, and nothing was changed. */
import { ERASURE_TIMEOUT_MS, erasePerson, planErasure, type ErasureOutcome } from '#lib/erasure/erase.ts';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import { openDb, type Db } from '#lib/db.ts';
import { migrateEnv } from '#lib/env.ts';
import { normalizeEmail } from '#lib/users/email.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:erase -- --person ID --admin EMAIL --reason TEXT             says what would be erased, and changes nothing
npm run audit:erase -- --person ID --admin EMAIL --reason TEXT --confirm   erases it, for good

  --person ID     the id of a user, as the log shows it, or AGENT:ID of somebody whom an agent has named
  --admin EMAIL   the active admin who answers for it; not the person
  --reason TEXT   why; it stays in the log, so it must not name the person
  --json          one JSON object

Names, addresses, IP addresses and user agents of the person go from events, from batches of agents and from the account, which is closed. Their
commitments stay, so every proof, checkpoint and export made before still verifies. What a legal hold covers is refused.
Only the owner of the tables may: MIGRATE_DATABASE_URL. The erasure is an event of the log.
Exit: 0 done, 1 failed, 2 wrong use, 3 refused: no such person or admin, a legal hold, or the last admin.`;

const REFUSED = 3;

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const OPTIONS = { person: text, admin: text, reason: text, confirm: flag, json: flag } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const { person, admin, reason, confirm, json } = values;
  if (!person?.trim()) throw new WrongUsage('name the person: --person ID');
  if (!admin?.trim()) throw new WrongUsage('name the admin who answers for it: --admin EMAIL');
  if (!reason?.trim()) throw new WrongUsage('a reason is needed: --reason TEXT');
  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATABASE_CA_CERT } = migrateEnv();
  const db = openDb(MIGRATE_DATABASE_URL ?? DATABASE_URL, {
    max: 2,
    caCert: DATABASE_CA_CERT,
    socketTimeoutMs: ERASURE_TIMEOUT_MS,
  });
  try {
    const context = await contextOf(db, admin);
    if (context === null) return refuse('the admin is not an active admin of this installation', json);
    const onProgress = (events: number) =>
      void (json || !process.stderr.isTTY || process.stderr.write(`${events} events\n`));
    const run = confirm ? erasePerson : planErasure;
    const outcome = await run(db, context, person.trim(), { reason: reason.trim(), onProgress });
    if (!outcome.ok) return refuse(outcome.detail, json);
    if (json) console.log(JSON.stringify({ dryRun: !confirm, ...outcome.value }));
    else for (const line of describe(outcome.value, confirm)) console.log(line);
    return 0;
  } finally {
    await db.$disconnect();
  }
}

async function contextOf(db: Db, email: string): Promise<AuditContext | null> {
  const admin = await db.user.findUnique({
    where: { email: normalizeEmail(email) },
    select: { id: true, email: true, role: true, disabledAt: true },
  });
  if (admin === null || admin.role !== 'admin' || admin.disabledAt !== null) return null;
  return { actor: { type: 'user', id: admin.id, label: admin.email, role: admin.role }, origin: { source: 'cli' } };
}

function refuse(detail: string, json: boolean): number {
  if (json) console.log(JSON.stringify({ ok: false, detail }));
  else console.error(`refused: ${detail}`);
  return REFUSED;
}

function describe({ events, fields, kept, batches, account }: ErasureOutcome, done: boolean): string[] {
  const verb = done ? 'erased' : 'would erase';
  const names = Object.entries(fields).map(([name, count]) => `${name} (${count})`);
  return [
    `${verb}: person fields of ${events} events${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
    `${verb}: what ${batches} batches of agents say of the person`,
    ...(account ? [`${verb}: the account; it is closed, and its sessions, links and identities go`] : []),
    ...(kept > 0 ? [`kept: ${kept} events sealed before leaf form 3; they go with retention`] : []),
    ...(done ? [] : ['dry run: nothing was changed; --confirm erases']),
  ];
}

await runCommand({ name: 'audit:erase', usage: USAGE, options: OPTIONS }, main);
