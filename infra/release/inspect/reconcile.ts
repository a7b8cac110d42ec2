import type { Release } from '../manifest/release.ts';

/**
 * The command that brings Pulumi's state back in line with a release. It registers new task definitions with the same images.
 * @param forced the release is not compatible with the schema.
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
