/** `npm run checklist:24h`: automated checks one day after going live. Exit 1 when a check is bad. */
import { openDb, type Db } from '#lib/db.ts';
import { migrateEnv } from '#lib/env.ts';
import { MIN_ADMINS } from '#lib/users/list.ts';
import { runCommand, type Given } from '../support/run-command.ts';

const USAGE = `npm run checklist:24h [-- --json]    needs DATABASE_URL
Exit: 0 nothing is bad, 1 something is, 2 wrong use, 3 could not ask.`;

interface Line {
  name: string;
  state: 'ok' | 'warning' | 'bad';
  detail: string;
}

/** An hour of the last day is a spike when it is this many standard deviations above the mean of the other hours… */
const DEVIATIONS = 4;
/** …and has at least this many events. */
const AT_LEAST = 20;

const OPTIONS = { json: { type: 'boolean', default: false } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const { DATABASE_URL, DATABASE_CA_CERT } = migrateEnv();
  const db = openDb(DATABASE_URL, { max: 1, caCert: DATABASE_CA_CERT });
  try {
    const lines = [
      await growth(db),
      await retention(db),
      await spikes(db, 'sign-in-failure', 'auth.sign_in', 'failure'),
      await spikes(db, 'denied', 'access.denied', 'denied'),
      await admins(db),
    ];
    if (values.json) console.log(JSON.stringify({ lines }));
    else for (const { name, state, detail } of lines) console.log(`${state.padEnd(5)} ${name.padEnd(16)} ${detail}`);
    return lines.some(({ state }) => state === 'bad') ? 1 : 0;
  } finally {
    await db.$disconnect();
  }
}

async function growth(db: Db): Promise<Line> {
  const [row] = await db.$queryRaw<{ day: number; before: number; bytes: number }[]>`
    SELECT count(*) FILTER (WHERE "createdAt" > now() - interval '1 day')::int AS day,
      count(*) FILTER (WHERE "createdAt" <= now() - interval '1 day')::int AS before,
      (SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::float8 FROM pg_partition_tree('"AuditEvent"')) AS bytes
    FROM "AuditEvent" WHERE "createdAt" > now() - interval '2 days'`;
  const { day = 0, before = 0, bytes = 0 } = row ?? {};
  const detail = `${day} events in the last 24 h, ${before} in the 24 h before; ${(bytes / 1024 ** 2).toFixed(1)} MB`;
  return { name: 'growth', state: day === 0 ? 'bad' : 'ok', detail };
}

async function retention(db: Db): Promise<Line> {
  const [row] = await db.$queryRaw<{ last: Date | null }[]>`
    SELECT max("createdAt") AS last FROM "AuditEvent"
    WHERE action LIKE 'audit.prun%' AND "createdAt" > now() - interval '25 hours'`;
  const last = row?.last?.toISOString();
  return last === undefined
    ? { name: 'retention', state: 'warning', detail: 'no prune in the last 25 hours: is the schedule on?' }
    : { name: 'retention', state: 'ok', detail: `last prune ${last}` };
}

async function spikes(db: Db, name: string, action: string, outcome: string): Promise<Line> {
  const hours = await db.$queryRaw<{ hour: Date; events: number }[]>`
    SELECT h AS hour, count(e.id)::int AS events
    FROM generate_series(date_trunc('hour', now()) - interval '23 hours', date_trunc('hour', now()), interval '1 hour') AS h
    LEFT JOIN "AuditEvent" e ON e.action = ${action} AND e.outcome = ${outcome}
      AND e."createdAt" >= h AND e."createdAt" < h + interval '1 hour' AND e."createdAt" > now() - interval '25 hours'
    GROUP BY h ORDER BY events DESC`;
  const [top, ...others] = hours;
  const mean = others.reduce((sum, { events }) => sum + events, 0) / Math.max(1, others.length);
  const variance = others.reduce((sum, { events }) => sum + (events - mean) ** 2, 0) / Math.max(1, others.length);
  // The standard deviation is at least the square root of the mean (Poisson).
  const limit = mean + DEVIATIONS * Math.sqrt(Math.max(variance, mean));
  const most = top?.events ?? 0;
  const detail = `at most ${most} in an hour (${top?.hour.toISOString().slice(0, 13) ?? ''}h), ${mean.toFixed(1)} in the others`;
  return { name, state: most >= AT_LEAST && most > limit ? 'bad' : 'ok', detail };
}

async function admins(db: Db): Promise<Line> {
  const people = await db.user.findMany({
    where: { role: 'admin', disabledAt: null },
    select: { email: true },
    orderBy: { email: 'asc' },
  });
  const detail = people.map(({ email }) => email).join(', ') || 'nobody';
  return {
    name: 'admins',
    state: people.length >= MIN_ADMINS ? 'ok' : 'bad',
    detail: `${people.length}: ${detail}`,
  };
}

await runCommand({ name: 'checklist:24h', usage: USAGE, options: OPTIONS, failed: 3 }, main);
