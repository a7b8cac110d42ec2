import { addressOf, readDatabaseUrl } from '#lib/db/url/read.ts';

type Environment = Record<string, string | undefined>;

/** Which variable names the database that migrations run on: that of the owner of the tables, where there are two. */
export const variableOf = (env: Environment) => (env.MIGRATE_DATABASE_URL ? 'MIGRATE_DATABASE_URL' : 'DATABASE_URL');

/** The URL with which the engine connects; empty when the environment has none. */
export const engineUrl = (env: Environment): string => env[variableOf(env)] ?? '';

/**
 * What Prisma's command line is told of the database: its address alone. It reads URLs in its own way and hands them to the engine as an
 * argument, where every user of the machine may read them; the engine takes its URL from the environment instead.
 * @throws an error that begins with the variable's name, for a URL that is not understood.
 */
export function datasourceUrl(env: Environment): string {
  const url = engineUrl(env);
  if (url === '') return '';
  try {
    return `postgresql://${addressOf(readDatabaseUrl(url))}`;
  } catch (error) {
    throw new Error(`${variableOf(env)}: ${(error as Error).message}`, { cause: error });
  }
}
