import { prepareDatabase } from '../postgres/named-database.ts';
import { startTestCluster } from '../postgres/test-cluster.ts';
import type { HostedCluster, RolePasswords } from './cluster.ts';
import { startRds } from './rds.ts';
import { startSupabase } from './supabase.ts';

/** Simulated hosting platforms, which differ in ownership, default privileges and connections. */
const START = {
  plain: startPlain,
  supabase: startSupabase,
  rds: startRds,
};

export type Shape = keyof typeof START;

/** The names of the shapes, for usage lines. */
export const SHAPES = Object.keys(START) as Shape[];

/** True if the argument is a platform name. */
export const isShape = (name: string): name is Shape => name in START;

/** Starts a server of this shape. `stop` removes it. */
export function startHosted(shape: Shape, major: 15 | 17, passwords: RolePasswords): Promise<HostedCluster> {
  return START[shape](major, passwords);
}

async function startPlain(major: 15 | 17, passwords: RolePasswords): Promise<HostedCluster> {
  const cluster = await startTestCluster(major);
  return {
    create: (name) => prepareDatabase(cluster, name, passwords),
    environment: {},
    superuserUrl: (database) => cluster.url(database),
    stop: () => cluster.stop(),
  };
}
