import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Manifest } from '#lib/audit/export/manifest.ts';
import { openLeaf } from '#lib/audit/proof/disclosure.ts';
import { proveEvent, type EventProof } from '#lib/audit/proof/prove.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { publicKeyText, signingKey, trustedKeys } from '#lib/audit/proof/signing.ts';
import { checkProof, parseProof } from '#lib/audit/proof/tlog-proof.ts';
import { openVerifierConnections } from '#lib/audit/verification/connections.ts';
import { verifyAudit } from '#lib/audit/verification/verify.ts';
import { restoreArchive } from '#lib/audit/retention/archive-restore.ts';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { prune } from '#lib/audit/retention/prune.ts';
import { unwrap } from '../../support/agents.ts';
import { SECRET, testEnvironment } from '../../support/audit-proof.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase } from '../../support/database.ts';
import { execute } from '../../support/postgres/postgres.ts';

beforeAll(testEnvironment);
afterEach(() => vi.unstubAllEnvs());

const FORMER = signingKey({ NEXTAUTH_SECRET: SECRET });
const bySecret = trustedKeys({ NEXTAUTH_SECRET: SECRET });

test('a proof outlives prune, archive restore, key rotation and erasure, and the log still is the one it was made from', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  for (const months of [6, 0])
    await writeEvents(database.ownerUrl, 30, {
      createdAt: `date_trunc('month', now()) - interval '${months} months' + n * interval '1 minute'`,
    });
  await ensurePartitions(db);
  await seal(db, { checkpoint: 'always' });
  const events = await db.auditEvent.findMany({ orderBy: { createdAt: 'asc' }, select: { id: true } });
  const proofs: EventProof[] = [];
  for (const { id } of [events[3], events[50]].filter((event) => event !== undefined))
    proofs.push(unwrap(await proveEvent(db, bySecret, id)));
  const dir = await mkdtemp(join(tmpdir(), 'golive-lasts-'));

  let keys = bySecret;
  const holds = async (after: string) => {
    const checkpoints = proofs.map(({ text }) => parseProof(text)?.checkpoint ?? '');
    await using lanes = await openVerifierConnections(database.appUrl);
    const shipped = { checkpoints, anchors: [] };
    expect(await verifyAudit(lanes.clients, keys, { full: true, shipped }), after).toMatchObject({ ok: true });
    for (const { text, openings } of proofs) {
      const proven = checkProof(text, bySecret);
      if (typeof proven === 'string') throw new Error(`${after}: ${proven}`);
      expect(openLeaf(proven.text, openings), after).toContainEqual({ name: 'ip', value: openings.ip?.value });
    }
  };

  const lock = new pg.Client({ connectionString: database.appUrl });
  await lock.connect();
  const options = { policy: { days: 100, longer: [] }, key: FORMER, archiveDir: dir };
  const { archives, removed } = await prune(db, lock, options);
  await lock.end();
  expect(removed).toBe(30);
  await holds('prune');

  const file = archives[0] ?? '';
  const manifest = JSON.parse(await readFile(`${file}.manifest.json`, 'utf8')) as Manifest;
  expect(await restoreArchive(db, keys, file, manifest)).toEqual({ ok: true, value: { restored: 30 } });
  await seal(db, { checkpoint: 'always' });
  await holds('archive restore');
  const again = unwrap(await proveEvent(db, keys, events[3]?.id ?? ''));
  expect(parseProof(again.text)?.extra).toEqual(parseProof(proofs[0]?.text ?? '')?.extra);

  const { privateKey } = generateKeyPairSync('ed25519');
  vi.stubEnv('AUDIT_SIGNING_KEY', privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'));
  keys = trustedKeys({
    NEXTAUTH_SECRET: SECRET,
    AUDIT_SIGNING_KEY: process.env.AUDIT_SIGNING_KEY,
    AUDIT_PUBLIC_KEYS: publicKeyText(FORMER),
  });
  await writeEvents(database.ownerUrl, 5, { createdAt: 'clock_timestamp()' });
  await seal(db, { checkpoint: 'always' });
  await holds('key rotation');

  await execute(
    database.ownerUrl,
    `SELECT audit_erase("id", "createdAt", ARRAY['ip', 'actorLabel'], gen_random_uuid()) FROM "AuditEvent" WHERE "ip" IS NOT NULL`,
  );
  expect(await db.auditEvent.count({ where: { ip: { not: null } } })).toBe(0);
  await holds('erasure');
  await rm(dir, { recursive: true });
});
