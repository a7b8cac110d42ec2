/** `npm run docs:generate`: remakes the parts of the repository that are told by the code: .env.example and the table of permissions. */
import { readFile, writeFile } from 'node:fs/promises';
import { envExample } from './support/env-example.ts';
import { withPermissionTable } from './support/permission-table.ts';
import { runCommand } from './support/run-command.ts';

const ACCESS = 'docs/ACCESS.md';

const USAGE = `npm run docs:generate    remakes .env.example, and the table of permissions in ${ACCESS}
Exit: 0 done, 1 failed, 2 wrong use.`;

async function main(): Promise<number> {
  await writeFile('.env.example', envExample());
  await writeFile(ACCESS, withPermissionTable(await readFile(ACCESS, 'utf8')));
  console.log(`.env.example and ${ACCESS} are up to date`);
  return 0;
}

await runCommand({ name: 'docs:generate', usage: USAGE }, main);
