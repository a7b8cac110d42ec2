/** `npm run docs:generate`: remakes the parts of the repository that are told by the code: .env.example and the table of permissions. */
import { readFile, writeFile } from 'node:fs/promises';
import { envExample } from './support/env-example.ts';
import { withPermissionTable } from './support/permission-table.ts';

const ACCESS = 'docs/ACCESS.md';

async function main() {
  await writeFile('.env.example', envExample());
  await writeFile(ACCESS, withPermissionTable(await readFile(ACCESS, 'utf8')));
  console.log(`.env.example and ${ACCESS} are up to date`);
}

await main();
