/** `npm run audit:hold`: legal holds on the audit log, which override every retention policy. */
import { userInfo } from 'node:os';
import { z } from 'zod';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import {
  activeHolds,
  countHeldEvents,
  describeHold,
  placeHold,
  releaseHold,
  resolveHoldSubject,
  type HoldScope,
} from '#lib/audit/retention/holds.ts';
import { isAddress } from '#lib/audit/events/list.ts';
import { openDb, type Db } from '#lib/db.ts';
import { migrateEnv } from '#lib/env.ts';
import { ok, type Result } from '#lib/errors.ts';
import { normalizeEmail } from '#lib/users/email.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:hold -- add --reason TEXT SCOPE    keeps what the scope covers until the hold is released
npm run audit:hold -- list                       the holds in force
npm run audit:hold -- release ID --reason TEXT   ends a hold

SCOPE, where several conditions narrow each other:
  --actor WHO    what this person, agent or job did: an e-mail address, an agent's name, or an id
  --target WHO   what was done to this
  --from TIME    from this moment on (ISO 8601)
  --to TIME      before this moment
  --everything   the whole log

  --json         one JSON object

Only the owner of the tables may hold and release: MIGRATE_DATABASE_URL. A hold says why, and each change is an event of the log.
It prints how many events are covered. Exit: 0 done, 1 failed, 2 wrong use, 3 no such hold, person or agent.`;

const EXIT = { done: 0, absent: 3 } as const;

interface Options {
  reason?: string | undefined;
  actor?: string | undefined;
  target?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  everything: boolean;
  json: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const OPTIONS = {
  reason: text,
  actor: text,
  target: text,
  from: text,
  to: text,
  everything: flag,
  json: flag,
} as const;

async function main({ values, positionals }: Given<typeof OPTIONS>): Promise<number> {
  const [verb, id] = positionals;
  const problem = usageProblem(verb, id, values);
  if (problem !== undefined) throw new WrongUsage(problem);

  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATABASE_CA_CERT } = migrateEnv();
  const db = openDb(MIGRATE_DATABASE_URL ?? DATABASE_URL, { max: 1, caCert: DATABASE_CA_CERT });
  try {
    if (verb === 'add') return await add(db, scopeOf(values), values.reason ?? '', values.json);
    if (verb === 'release') return await release(db, id ?? '', values.reason ?? '', values.json);
    return await list(db, values.json);
  } finally {
    await db.$disconnect();
  }
}

/** The problem of the arguments, or undefined. */
function usageProblem(verb: string | undefined, id: string | undefined, options: Options): string | undefined {
  if (verb === 'list') return undefined;
  if (verb !== 'add' && verb !== 'release') return 'expected add, list or release';
  if (!options.reason?.trim()) return 'a reason is needed: --reason TEXT';
  if (verb === 'release') return z.uuid().safeParse(id).success ? undefined : 'release takes the id of a hold';
  const { from, to } = scopeOf(options);
  if ([from, to].some((moment) => Number.isNaN(moment?.getTime())))
    return '--from and --to take a time like 2026-01-31';
  if (from && to && from >= to) return '--from must be before --to';
  const narrowed = [options.actor, options.target, from, to].some((condition) => condition !== undefined);
  if (narrowed === options.everything) return 'give a scope: conditions, or --everything';
  return undefined;
}

const scopeOf = ({ actor, target, from, to }: Options): HoldScope => ({
  actorId: actor,
  targetId: target,
  from: from === undefined ? undefined : new Date(from),
  to: to === undefined ? undefined : new Date(to),
});

const auditContext = (): AuditContext => ({
  actor: { type: 'system', id: 'audit-hold', label: userInfo().username },
  origin: { source: 'cli' },
});

async function add(db: Db, scope: HoldScope, reason: string, json: boolean): Promise<number> {
  const resolved = await resolve(db, scope);
  if (!resolved.ok) return finish(resolved.detail, EXIT.absent);
  const events = await countHeldEvents(db, resolved.value);
  const id = await placeHold(db, auditContext(), resolved.value, reason);
  const warning = events === 0 ? '; no event of now: check the scope, or it is for what is still to come' : '';
  return finish(
    json ? JSON.stringify({ id, events, ...resolved.value }) : `held: ${id}, ${events} events${warning}`,
    EXIT.done,
  );
}

/** The scope with ids instead of e-mail addresses and names. */
async function resolve(db: Db, scope: HoldScope): Promise<Result<HoldScope>> {
  const resolved = { ...scope };
  for (const side of ['actorId', 'targetId'] as const) {
    const given = scope[side];
    if (given === undefined) continue;
    const subject = await resolveHoldSubject(db, isAddress(given) ? normalizeEmail(given) : given);
    if (!subject.ok) return subject;
    resolved[side] = subject.value;
  }
  return ok(resolved);
}

async function release(db: Db, id: string, reason: string, json: boolean): Promise<number> {
  const released = await releaseHold(db, auditContext(), id, reason);
  if (!released.ok) return finish(released.detail, EXIT.absent);
  return finish(
    json ? JSON.stringify({ released: released.value.id }) : `released: ${describeHold(released.value)}`,
    EXIT.done,
  );
}

async function list(db: Db, json: boolean): Promise<number> {
  const holds = await activeHolds(db);
  if (json) return finish(JSON.stringify({ holds }), EXIT.done);
  return finish(holds.map(describeHold).join('\n') || 'nothing is held', EXIT.done);
}

function finish(text: string, code: number): number {
  (code === EXIT.done ? console.log : console.error)(text);
  return code;
}

await runCommand({ name: 'audit:hold', usage: USAGE, options: OPTIONS, positionals: true }, main);
