import type { Release } from './release.ts';

/**
 * The command that has Pulumi's program and state agree with a release again. Task definitions are immutable, so it registers new ones with
 * the same content; the images decide.
 */
export function reconcileCommand(stack: string, { commit, images }: Release): string {
  const set = (field: string, value: string) =>
    `pulumi config set --stack ${stack} --path golive:release.${field} ${value}`;
  return [
    set('commit', commit),
    set('runner', images.runner),
    set('migrator', images.migrator),
    `pulumi up --stack ${stack} --refresh`,
  ].join(' && \\\n  ');
}
