/** Pure calculations that validate a configuration. */

/** Memory in MiB that Fargate offers with each number of CPU units: [lowest, highest, step]. */
const FARGATE: Record<number, [number, number, number]> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16384, 1024],
  4096: [8192, 30720, 1024],
  8192: [16384, 61440, 4096],
  16384: [32768, 122880, 8192],
};

/** Whether Fargate runs tasks of this size. AWS, "Task size" of the ECS task definition parameters; 256 units skip 1.5 GiB. */
export function fitsFargate(cpu: number, memory: number): boolean {
  const [low, high, step] = FARGATE[cpu] ?? [1, 0, 1];
  return memory >= low && memory <= high && (memory - low) % step === 0 && !(cpu === 256 && memory === 1536);
}

/**
 * Connections that RDS PostgreSQL takes by default: LEAST(memory in bytes / 9531392, 5000), less what RDS keeps for itself. The list is
 * also the list of instance classes that this program accepts.
 */
export const DATABASE_CONNECTIONS: Record<string, number> = {
  'db.t4g.micro': 80,
  'db.t4g.small': 180,
  'db.t4g.medium': 400,
  'db.t4g.large': 820,
  'db.m7g.large': 820,
  'db.m7g.xlarge': 1650,
  'db.m7g.2xlarge': 3300,
  'db.r7g.large': 1650,
  'db.r7g.xlarge': 3300,
};

/** Connections reserved for the migrate task, the prune task and operators. */
const RESERVED_CONNECTIONS = 15;

interface Pools {
  web: { max: number; poolMax: number };
  worker: { count: number; poolMax: number };
}

/** Most connections that can be open at once: during a rollout, the old and the new tasks run side by side. */
export function connectionsNeeded({ web, worker }: Pools): number {
  return 2 * (web.max * web.poolMax + worker.count * worker.poolMax) + RESERVED_CONNECTIONS;
}
