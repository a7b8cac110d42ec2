import { ROLES } from '#lib/access/permissions.ts';
import { openDb, type Db } from '#lib/db.ts';
import { issueKey } from '#lib/agents/key-admin.ts';
import { registerAgent } from '#lib/agents/registry.ts';
import { auditRow } from '#lib/audit/events/record.ts';
import { emailOf } from '#prisma/demo-accounts.ts';
import type { Secrets } from '../../../../tests/support/process/secrets.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Older than the minimum retention. */
const OLD_DAYS = 200;
/** Number of old events. */
export const OLD_EVENTS = 60;

const act = { actor: { type: 'system', id: 'image-check', label: 'image-check' }, origin: { source: 'cli' } } as const;

/** Prepares the database for the image check: old events and an agent for the smoke checks. */
export async function fillDatabase(url: string, nextAuth: string): Promise<{ agentKey: string }> {
  process.env.NEXTAUTH_SECRET ??= nextAuth;
  process.env.DATABASE_URL ??= url;
  const db = openDb(url);
  try {
    await writeOldEvents(db);
    return { agentKey: await makeAgentKey(db) };
  } finally {
    await db.$disconnect();
  }
}

async function writeOldEvents(db: Db): Promise<void> {
  const start = Date.now() - OLD_DAYS * DAY_MS;
  const event = { ...act, action: 'auth.sign_out', outcome: 'success', metadata: {} } as const;
  const rows = Array.from({ length: OLD_EVENTS }, (_, n) => auditRow(event, new Date(start + n)));
  await db.auditEvent.createMany({ data: rows });
}

async function makeAgentKey(db: Db): Promise<string> {
  const agent = await registerAgent(db, act, { name: 'smoke', description: '', eventsPerSecond: 100 });
  const key = agent.ok ? await issueKey(db, act, agent.value.id, 1) : agent;
  if (!key.ok) throw new Error(key.detail);
  return key.value.secret;
}

/** The environment of scripts/smoke.ts. */
export function smokeEnv(accounts: Secrets['accounts'], agentKey: string): Record<string, string> {
  const pairs = ROLES.flatMap((role) => [
    [`SMOKE_${role.toUpperCase()}_EMAIL`, emailOf(role)],
    [`SMOKE_${role.toUpperCase()}_PASSWORD`, accounts[role]],
  ]);
  return { ...(Object.fromEntries(pairs) as Record<string, string>), SMOKE_AGENT_KEY: agentKey };
}
