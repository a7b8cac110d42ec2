/**
 * Called by scripts/support/database.sh: parses the URL of the given variable and prints shell commands that set libpq's variables. Exit 2
 * for an invalid URL.
 *
 * node scripts/support/libpq-environment.ts VARIABLE FOLDER FOLDER: for the file of the authorities
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IGNORED_VARIABLES, libpqVariables } from '#lib/db/libpq.ts';
import { addressOf, readDatabaseUrl } from '#lib/db/url/read.ts';

const [variable = '', folder = ''] = process.argv.slice(2);

/** A quoted shell word. */
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
  console.log(`unset ${IGNORED_VARIABLES.join(' ')}`);
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${quote(value)}`);
  console.log(`HOST_AND_NAME=${quote(addressOf(target))}`);
} catch (error) {
  console.error(`error: ${variable}: ${(error as Error).message}`);
  process.exitCode = 2;
}
