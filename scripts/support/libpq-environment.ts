/**
 * Called by scripts/support/database.sh: reads the URL in the variable that is named, as everything of ours reads it, and prints the shell
 * commands that set libpq's variables to what it says. Exit 2, with one line, for a URL that is not understood.
 *
 *   node scripts/support/libpq-environment.ts VARIABLE FOLDER      FOLDER: for the file of the authorities
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FOREIGN_VARIABLES, libpqVariables } from '#lib/db/libpq.ts';
import { addressOf } from '#lib/db/url/address.ts';
import { readDatabaseUrl } from '#lib/db/url/read.ts';

const [variable = '', folder = ''] = process.argv.slice(2);

/** A word of the shell, whatever it holds. */
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function store(pem: string): string {
  const file = join(folder, `${variable}.authorities.pem`);
  writeFileSync(file, pem, { mode: 0o600 });
  return file;
}

try {
  const url = process.env[variable] ?? '';
  if (url === '') throw new Error('is missing');
  const target = readDatabaseUrl(url);
  const variables = libpqVariables(target, process.env.DATABASE_CA_CERT || undefined, store);
  console.log(`unset ${FOREIGN_VARIABLES.join(' ')}`);
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${quote(value)}`);
  console.log(`HOST_AND_NAME=${quote(addressOf(target))}`);
} catch (error) {
  console.error(`error: ${variable}: ${(error as Error).message}`);
  process.exitCode = 2;
}
