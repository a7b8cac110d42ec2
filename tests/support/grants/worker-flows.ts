import { randomUUID } from 'node:crypto';
import { createTableCleanup } from '#lib/agents/processing/cleanup.ts';
import { processBatches } from '#lib/agents/processing/process.ts';
import { redriveDeadLetters } from '#lib/agents/processing/redrive.ts';
import { prune } from '#lib/audit/retention/prune.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { stream } from '#lib/audit/stream/stream.ts';
import { openVerifierConnections } from '#lib/audit/verification/connections.ts';
import { recordVerification } from '#lib/audit/verification/records.ts';
import { verifyAudit } from '#lib/audit/verification/verify.ts';
import { openClient } from '#lib/db/client.ts';
import { pendingMigrations } from '#lib/db/migrations/pending.ts';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { env } from '#lib/env.ts';
import { measureSignals } from '../../../worker/signals.ts';
import { deadLetter } from '../dead-letter.ts';
import { ADMIN_CONTEXT, send, testAgent, testEvent, unwrap } from '../agents.ts';
import { keys } from '../audit-proof.ts';
import { writeEvents } from '../audit.ts';
import type { Flows, Scene } from './scene.ts';

/** Events of a month that the policy no longer keeps. */
const oldMonth = async ({ both, ownerUrl }: Scene, action: string) => {
  await writeEvents(ownerUrl, 12, {
    createdAt: `date_trunc('month', now()) - interval '6 months' + n * interval '1 minute'`,
    action,
  });
  await ensurePartitions(both);
  await seal(both, { checkpoint: 'always' });
};
const removeOld = async ({ db, url }: Scene, longer: { pattern: string; days: number }[]) => {
  const lock = await openClient(url.worker);
  try {
    await prune(db.worker, lock, { policy: { days: 100, longer }, key: signingKey(env()) });
  } finally {
    await lock.end();
  }
};

const verify = async (url: string, full: boolean) => {
  await using lanes = await openVerifierConnections(url);
  await recordVerification(lanes.clients[0], signingKey(env()), await verifyAudit(lanes.clients, keys(), { full }));
};

/** What worker, prune and verifier do, each as a function that fails where the role may not do it. What a flow finds is made by `both`. */
export const WORKER_FLOWS: Flows<'worker'> = {
  'worker: reading what migrations are applied': ({ db }) => pendingMigrations(db.worker),
  'worker: partitions': ({ db }) => ensurePartitions(db.worker),
  'worker: sealing and a checkpoint': async ({ db, ownerUrl }) => {
    await writeEvents(ownerUrl, 3, { createdAt: 'clock_timestamp()' });
    await seal(db.worker, { checkpoint: 'always' });
  },
  'worker: events of an agent': async ({ both, db }) => {
    const { secret } = await testAgent(both);
    const { batchId } = unwrap(await send(both, secret, [testEvent()]));
    await processBatches(db.worker, [batchId]);
  },
  'worker: cleaning the tables of agents': async ({ both, db }) => {
    const { secret } = await testAgent(both);
    const { batchId } = unwrap(await send(both, secret, [testEvent()]));
    await processBatches(both, [batchId]);
    await createTableCleanup(db.worker)(new Date(Date.now() + 400 * 86_400_000));
  },
  'command: dead letters given back': async ({ both, db }) => {
    await deadLetter(both, await testAgent(both));
    unwrap(await redriveDeadLetters(db.worker, ADMIN_CONTEXT));
  },
  'worker: signals': ({ db }) => measureSignals(db.worker),
  'worker: stream': async ({ both, db, ownerUrl }) => {
    await writeEvents(ownerUrl, 3, { createdAt: 'clock_timestamp()' });
    await seal(both);
    const sink = { name: randomUUID(), deliver: () => Promise.resolve({ outcome: 'refused', error: 'no' } as const) };
    // Refused together, and then one by one.
    await stream(db.worker, sink);
    await stream(db.worker, sink);
  },
  'prune: a whole month': async (scene) => {
    await oldMonth(scene, `'auth.sign_in'`);
    await removeOld(scene, []);
  },
  'prune: some events of a month': async (scene) => {
    await oldMonth(scene, `CASE WHEN n % 6 = 0 THEN 'user.created' ELSE 'auth.sign_in' END`);
    await removeOld(scene, [{ pattern: 'user.*', days: 3000 }]);
  },
  'verify: what is new': ({ url }) => verify(url.worker, false),
  'verify: the whole log': ({ url }) => verify(url.worker, true),
};
