import type * as pulumi from '@pulumi/pulumi';
import { RELEASE_PERMISSIONS } from '../release/permissions.ts';
import { LOOKUP_CALLS, RESOURCE_CALLS, STEP_CALLS, type Calls } from './pipeline-calls.ts';
import { allow } from '../compute/roles.ts';

/** ARNs of each scope of the permission tables. */
export type DeployScopes = Record<Exclude<Calls[string], 'any'>, pulumi.Input<string>[]>;

/**
 * The minimal policy of a release, one statement per scope: the calls of the commands and hooks and of the rest of the pipeline.
 * @returns statements in a fixed order, so that an unchanged policy shows no diff.
 */
export function deployStatements(scopes: DeployScopes) {
  const byScope = new Map<Calls[string], Set<string>>();
  const add = (action: string, on: Calls[string]) => byScope.set(on, (byScope.get(on) ?? new Set()).add(action));
  for (const [action, { on }] of Object.entries(RELEASE_PERMISSIONS)) add(action, on);
  for (const table of [RESOURCE_CALLS, LOOKUP_CALLS, STEP_CALLS])
    for (const calls of Object.values(table))
      if (calls !== 'person') for (const [action, on] of Object.entries(calls)) add(action, on);
  return [...byScope.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([scope, actions]) => allow([...actions].sort(), scope === 'any' ? ['*'] : scopes[scope]));
}
