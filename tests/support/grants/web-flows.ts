import { randomUUID } from 'node:crypto';
import { readBatch } from '#lib/agents/batches.ts';
import { revokeKey } from '#lib/agents/key-admin.ts';
import { listAgents, readIngestOverview } from '#lib/agents/overview.ts';
import { redriveDeadLetters } from '#lib/agents/processing/redrive.ts';
import { setAgentDisabled } from '#lib/agents/registry.ts';
import { readAudit } from '#lib/audit/events/read.ts';
import { exportPages } from '#lib/audit/export/export.ts';
import { proveEvent } from '#lib/audit/proof/prove.ts';
import { auditHealth } from '#lib/audit/reports/health.ts';
import { pendingMigrations } from '#lib/db/migrations/pending.ts';
import { signInWithOidc } from '#lib/auth/oidc.ts';
import { issueResetLink, resetPassword } from '#lib/auth/reset.ts';
import { signOut, startSession } from '#lib/auth/session.ts';
import { signIn } from '#lib/auth/sign-in.ts';
import type { Db } from '#lib/db.ts';
import { createUser } from '#lib/users/create.ts';
import { ADMIN_CONTEXT, send, testAgent, testEvent, unwrap } from '../agents.ts';
import { deadLetter } from '../dead-letter.ts';
import { keys } from '../audit-proof.ts';
import { addUser, auditContextOf, PASSWORD, WEB } from '../../integration/users/users.ts';
import type { Flows } from './scene.ts';

const person = (db: Db) => addUser(db, randomUUID(), 'admin');

/** What web does, each as a function that fails where the role may not do it. What a flow finds is made by `both`. */
export const WEB_FLOWS: Flows<'web'> = {
  'reading what migrations are applied': ({ db }) => pendingMigrations(db.web),
  'a sign-in with a password': async ({ both, db }) => {
    const { email } = await person(both);
    unwrap(await signIn(db.web, { email, password: PASSWORD, origin: WEB }));
  },
  'a sign-in with an identity provider': async ({ both, db }) => {
    const { id, email } = await person(both);
    const claims = { iss: 'https://id.example.org', sub: id, email, email_verified: true };
    unwrap(await signInWithOidc(db.web, claims, WEB));
  },
  'a sign-in by a link from before issuers': async ({ both, db }) => {
    const { id, email } = await person(both);
    await both.identity.create({ data: { provider: 'oidc', subject: id, userId: id } });
    const claims = { iss: 'https://id.example.org', sub: id, email, email_verified: true };
    unwrap(await signInWithOidc(db.web, claims, WEB));
  },
  'a sign-out': async ({ both, db }) => {
    const user = await person(both);
    const { sessionId } = await both.$transaction((tx) => startSession(tx, { id: user.id, sessionVersion: 1 }, WEB));
    unwrap(await signOut(db.web, auditContextOf(user), sessionId));
  },
  'adding a user': async ({ db }) =>
    unwrap(await createUser(db.web, ADMIN_CONTEXT, { email: `${randomUUID()}@example.org`, name: 'A', role: 'user' })),
  'a new password by a link': async ({ both, db }) => {
    const { id } = await person(both);
    const { token } = await both.$transaction((tx) => issueResetLink(tx, id, null));
    unwrap(await resetPassword(db.web, { token, password: PASSWORD, origin: WEB }));
  },
  'the page of the log': ({ db }) => readAudit(db.web, ADMIN_CONTEXT, { filters: {}, limit: 10 }),
  'an export of the log': async ({ db }) => {
    for await (const _ of exportPages(db.web, { filters: {} })) return;
  },
  'the proof of an event': async ({ both, db }) => {
    const { eventId } = await both.auditChain.findFirstOrThrow({ orderBy: { sequence: 'asc' } });
    unwrap(await proveEvent(db.web, keys(), eventId));
  },
  'the health of the log': ({ db }) => auditHealth(db.web),
  'an agent and its key': async ({ db }) => {
    const { id, keyId } = await testAgent(db.web);
    unwrap(await revokeKey(db.web, ADMIN_CONTEXT, keyId));
    unwrap(await setAgentDisabled(db.web, ADMIN_CONTEXT, id, true));
  },
  'dead letters given back by an admin': async ({ both, db }) => {
    await deadLetter(both, await testAgent(both));
    unwrap(await redriveDeadLetters(db.web, auditContextOf(await person(both))));
  },
  'the page of agents': ({ db }) => Promise.all([listAgents(db.web), readIngestOverview(db.web)]),
  'events of an agent and their report': async ({ both, db }) => {
    const agent = await testAgent(both);
    const body = JSON.stringify(testEvent());
    const { batchId } = unwrap(
      await send(db.web, agent.secret, body, { 'content-type': 'application/cloudevents+json' }),
    );
    unwrap(await readBatch(db.web, agent.id, batchId));
  },
};
