import type { Role } from '#lib/access/permissions.ts';
import { expireKey, issueKey, revokeKey } from '#lib/agents/key-admin.ts';
import { registerAgent } from '#lib/agents/registry.ts';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import type { Db } from '#lib/db.ts';
import type { Result } from '#lib/errors.ts';

/** A page with the role that visits it. */
export interface PageVisit {
  /** Also the file name of its screenshot. */
  name: string;
  path: string;
  who: Role | null;
  status?: number;
}

/** Every page with a permitted role, and the forbidden page. */
export async function pagesToVisit(db: Db): Promise<PageVisit[]> {
  const admin = await db.user.findUniqueOrThrow({ where: { email: 'admin@example.org' }, select: { id: true } });
  const event = await db.auditEvent.findFirstOrThrow({
    where: { action: 'auth.sign_in', outcome: 'failure' },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { id: true },
  });
  return [
    { name: 'login', path: '/login', who: null },
    { name: 'reset', path: '/reset/not-a-link', who: null },
    { name: 'overview', path: '/', who: 'admin' },
    { name: 'overview-of-a-user', path: '/', who: 'user' },
    { name: 'audit', path: '/audit', who: 'auditor' },
    { name: 'audit-filtered', path: '/audit?outcome=denied', who: 'auditor' },
    { name: 'audit-event', path: `/audit/${event.id}`, who: 'auditor' },
    { name: 'audit-health', path: '/audit/health', who: 'auditor' },
    { name: 'audit-security', path: '/audit/security', who: 'auditor' },
    { name: 'people', path: '/admin', who: 'admin' },
    { name: 'person', path: `/admin/users/${admin.id}`, who: 'admin' },
    { name: 'agents', path: '/admin/agents', who: 'admin' },
    { name: 'agent', path: `/admin/agents/${await demoAgent(db)}`, who: 'admin' },
    { name: 'account', path: '/account', who: 'user' },
    { name: 'forbidden', path: '/admin', who: 'user', status: 403 },
    { name: '403', path: '/403', who: null, status: 403 },
    { name: 'not-found', path: '/nowhere', who: 'user', status: 404 },
  ];
}

const ACT: AuditContext = { actor: { type: 'system', id: 'tour', label: 'tour' }, origin: { source: 'cli' } };
const AGENT = { name: 'deploy-bot', description: 'Reports what the pipeline rolls out', eventsPerSecond: 500 };

/** The example agent with keys in every state. Created on first use. */
async function demoAgent(db: Db): Promise<string> {
  const made = await registerAgent(db, ACT, AGENT);
  if (!made.ok) return (await db.agent.findUniqueOrThrow({ where: { name: AGENT.name }, select: { id: true } })).id;
  const { id } = made.value;
  const [, ending, leaked] = [
    await issueKey(db, ACT, id, null),
    await issueKey(db, ACT, id, null),
    await issueKey(db, ACT, id, 90),
  ];
  assertOk(await expireKey(db, ACT, assertOk(ending).keyId, 30));
  assertOk(await revokeKey(db, ACT, assertOk(leaked).keyId));
  return id;
}

function assertOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}
