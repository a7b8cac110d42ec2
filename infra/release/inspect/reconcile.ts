import type { Release } from '../manifest/release.ts';

/**
 * The command that has Pulumi's program and state agree with a release again. Task definitions are immutable, so it registers new ones with
 * the same content; the images decide.
 * @param forced the release does not tolerate the schema: the update would refuse it too.
 */
export function reconcileCommand(stack: string, { commit, images }: Release, forced: boolean): string {
  const set = (field: string, value: string) =>
    `pulumi config set --stack ${stack} --path golive:release.${field} ${value}`;
  return [
    set('commit', commit),
    set('runner', images.runner),
    set('migrator', images.migrator),
    ...(forced ? [set('force', 'true')] : []),
    `pulumi up --stack ${stack} --refresh`,
  ].join(' && \\\n  ');
}
