import type { Role } from '#lib/access/permissions.ts';
import type { Action, Actor, Origin, Target } from '#lib/audit/events/catalogue.ts';
import { auditRow, type NewEvent } from '#lib/audit/events/record.ts';

/** A person the history is about. */
interface DemoUser {
  id: string;
  email: string;
  role: Role;
}

const DAY_MS = 24 * 60 * 60_000;
const DAYS = 30;

/** Addresses of RFC 5737, which belong to nobody. */
const ADDRESSES = ['192.0.2.10', '192.0.2.24', '198.51.100.61', '203.0.113.5'];
const BROWSERS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15',
];

type Row = ReturnType<typeof auditRow>;

/**
 * A month of an ordinary small team: people come in the morning and leave in the evening, mistype a password, ask for pages that are not
 * theirs; an auditor reads the log; one night a stranger guesses at the admin's password. The same people and the same
 * moment give the same acts.
 */
export function demoHistory(users: DemoUser[], now: Date): Row[] {
  const random = randomFrom(20_261_122);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const rows: Row[] = [];
  const startOfToday = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  for (let day = DAYS; day >= 2; day--) {
    const midnight = startOfToday - day * DAY_MS;
    const weekend = [0, 6].includes(new Date(midnight).getUTCDay());
    for (const user of users) {
      if (random() < (weekend ? 0.85 : 0.1)) continue;
      rows.push(...workday(user, midnight, { random, pick }));
    }
    if (day === 9) rows.push(...passwordGuessing(users, midnight));
  }
  return rows.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

interface Random {
  random: () => number;
  pick: <T>(list: readonly T[]) => T;
}

function workday(user: DemoUser, midnight: number, { random, pick }: Random): Row[] {
  const origin: Origin = { source: 'web', ip: pick(ADDRESSES), userAgent: pick(BROWSERS) };
  const at = (hour: number) => new Date(midnight + Math.round((hour + random()) * 60 * 60_000));
  const rows: Row[] = [];
  const add = <A extends Action>(hour: number, event: NewEvent<A>) => void rows.push(auditRow(event, at(hour)));
  if (random() < 0.25)
    add(6, {
      ...attempt(user, origin),
      outcome: 'failure',
      reason: 'bad_credentials',
      metadata: { method: 'password' },
    });
  add(7, { ...attempt(user, origin), actor: actorOf(user), outcome: 'success', metadata: { method: 'password' } });
  if (user.role !== 'user' && random() < 0.7)
    add(10, {
      action: 'audit.read',
      outcome: 'success',
      actor: actorOf(user),
      origin,
      metadata: { filters: random() < 0.5 ? { outcome: 'failure' } : {}, rows: 50, deeper: random() < 0.3 },
    });
  if (user.role !== 'admin' && random() < 0.15)
    add(12, {
      action: 'access.denied',
      outcome: 'denied',
      actor: actorOf(user),
      origin,
      reason: 'forbidden',
      metadata: { permission: 'users:manage', path: '/admin' },
    });
  if (random() < 0.8)
    add(16, { action: 'auth.sign_out', outcome: 'success', actor: actorOf(user), origin, metadata: {} });
  return rows;
}

/** Guesses at the admin's password, one every two minutes; when the throttle slows them down, one event in ten minutes tells of five. */
function passwordGuessing(users: DemoUser[], midnight: number): Row[] {
  const admin = users.find(({ role }) => role === 'admin');
  if (!admin) return [];
  const origin: Origin = { source: 'web', ip: '203.0.113.99', userAgent: 'python-requests/2.32' };
  return Array.from({ length: 24 }, (_, index) => {
    const throttled = index >= 6;
    const minutes = throttled ? 10 * (index - 5) : 2 * index;
    return auditRow(
      {
        ...attempt(admin, origin),
        outcome: 'failure',
        reason: throttled ? 'throttled' : 'bad_credentials',
        metadata: { method: 'password', ...(throttled ? { refusals: index === 6 ? 1 : 5 } : {}) },
      },
      new Date(midnight + (120 + minutes) * 60_000),
    );
  });
}

function attempt(user: DemoUser, origin: Origin) {
  const actor: Actor = { type: 'anonymous', label: user.email };
  return { action: 'auth.sign_in', actor, target: targetOf(user), origin } as const;
}

const actorOf = ({ id, email, role }: DemoUser): Actor => ({ type: 'user', id, label: email, role });
const targetOf = ({ id, email }: DemoUser): Target => ({ type: 'user', id, label: email });

/** Numbers from 0 up to 1 that are the same on every run: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
