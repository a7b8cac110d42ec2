import { EcsFailure } from '../../infra/release/ecs/failure.ts';
import { recordInAudit } from '../../infra/release/manifest/audit.ts';
import { readReleases } from '../../infra/release/manifest/manifest.ts';
import { table, text, type Command } from './command.ts';
import { oneOff } from './one-off.ts';

export const releases: Command = {
  usage: `[--audit RELEASE]
  --audit RELEASE  write the audit event of a release that lacks one; harmless when it has one
Lists the manifest, newest first.`,
  options: { audit: { type: 'string' } },
  async run({ session, stack, values }) {
    const all = await readReleases(session, stack.bucket);
    const wanted = text(values, 'audit');
    if (wanted === undefined) {
      const rows = all.map((one) => [one.id, one.kind, one.verdict, one.migrations.at(-1)?.name ?? '', one.by]);
      return { ending: 'done', data: { releases: all }, lines: table([HEAD, ...rows]) };
    }
    const release = all.find(({ id }) => id === wanted);
    if (!release) throw new EcsFailure('usage', `no release ${wanted} in the manifest`);
    await recordInAudit(session, await oneOff(session, stack, 'migrate'), release);
    return { ending: 'done', data: { release }, lines: [`${wanted} is in the audit log`] };
  },
};

const HEAD = ['release', 'kind', 'verdict', 'newest migration', 'by'];
