/**
 * `npm run release:record -- '<json>'`: records a deployment or rollback in the audit log. The release commands run it as a one-off task of
 * the migrator's image. Idempotent.
 */
import { z } from 'zod';
import { recordAudit } from '#lib/audit/events/record.ts';
import { openDb } from '#lib/db.ts';
import { migrateEnv } from '#lib/env.ts';
import { runCommand, WrongUsage } from '../support/run-command.ts';

const USAGE = `npm run release:record -- '{"id", "kind", "of", "commit", "verdict", "by", "migration"}'
  kind     deploy | rollback
  verdict  succeeded | failed
Exit codes: 0 recorded, or recorded before; 1 the database refused; 2 the JSON is not a release.`;

const Payload = z.strictObject({
  id: z.string().min(1),
  kind: z.enum(['deploy', 'rollback']),
  of: z.string().optional(),
  commit: z.string().regex(/^[0-9a-f]{7,40}$/),
  verdict: z.enum(['succeeded', 'failed']),
  by: z.string().min(1),
  migration: z.string().optional(),
});

async function main({ positionals }: { positionals: string[] }): Promise<number> {
  const payload = readPayload(positionals[0]);
  if (!payload.success) throw new WrongUsage(`not a release: ${z.prettifyError(payload.error)}`);
  console.log((await record(payload.data)) ? 'recorded' : 'was recorded before');
  return 0;
}

function readPayload(text = '') {
  try {
    return Payload.safeParse(JSON.parse(text));
  } catch {
    return Payload.safeParse(text);
  }
}

/** True if a row was inserted. */
async function record({ id, verdict, by, ...metadata }: z.output<typeof Payload>): Promise<boolean> {
  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATABASE_CA_CERT } = migrateEnv();
  const db = openDb(MIGRATE_DATABASE_URL ?? DATABASE_URL, { max: 1, caCert: DATABASE_CA_CERT });
  const event = { action: 'release.recorded', outcome: verdict === 'succeeded' ? 'success' : 'failure' } as const;
  try {
    return await db.$transaction(async (tx) => {
      const before = await tx.auditEvent.findFirst({ where: { ...event, targetId: id }, select: { id: true } });
      if (before) return false;
      await recordAudit(tx, {
        ...event,
        actor: { type: 'system', id: by, label: by },
        origin: { source: 'cli', correlationId: id },
        target: { type: 'release', id, label: metadata.commit.slice(0, 7) },
        ...(verdict === 'failed' && { reason: 'rollout_failed' }),
        metadata,
      });
      return true;
    });
  } finally {
    await db.$disconnect();
  }
}

await runCommand({ name: 'release:record', usage: USAGE, positionals: true }, main);
