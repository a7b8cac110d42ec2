import type { Check } from './check.ts';
import { COMMAND_CHECKS } from './commands.ts';
import { database } from './database.ts';
import { databaseUrl } from './database-url.ts';
import { environment } from './environment.ts';
import { migrations } from './migrations.ts';
import { secret } from './secret.ts';
import { signingKeys } from './signing-key.ts';
import { lockFile, tree } from './tree.ts';

/** In display order: quick and likely failures first. */
export const CHECKS: readonly Check[] = [
  environment,
  secret,
  signingKeys,
  databaseUrl,
  tree,
  lockFile,
  migrations,
  database,
  ...COMMAND_CHECKS,
];
