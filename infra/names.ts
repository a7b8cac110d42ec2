import type { Process } from '#lib/release/contract.ts';

/**
 * Fixed physical names, so that commands and dashboards find resources without Pulumi's state. Globally unique names (buckets) get a suffix
 * from Pulumi.
 * @param stack e.g. `production`
 */
export function namesOf(stack: string) {
  const base = `golive-${stack}`;
  return {
    base,
    cluster: base,
    database: base,
    /** Of the schedule that prunes, and of everything that belongs to it. */
    schedule: `${base}-prune`,
    topic: `${base}-alerts`,
    /** Within the cluster. */
    service: (process: 'web' | 'worker') => process,
    /** Where a task's service and its log group take their name from; ECS needs the family fixed to offer a rollback target. */
    family: (process: Process) => `${base}-${process}`,
    logGroup: (process: Process) => `/golive/${stack}/${process}`,
    repository: (target: 'runner' | 'migrator') => `${base}/${target}`,
    secret: (label: string) => `${base}/${label}`,
  };
}

export type Names = ReturnType<typeof namesOf>;
