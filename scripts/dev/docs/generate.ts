/** `npm run docs:generate`: generates .env.example, the permission table and the decision index. */
import { readFile, writeFile } from 'node:fs/promises';
import { decisionIndex } from '../support/docs/decision-index.ts';
import { envExample } from '../support/docs/env-example.ts';
import { withPermissionTable } from '../support/docs/permission-table.ts';
import { runCommand } from '../../support/run-command.ts';

const ACCESS = 'docs/ACCESS.md';
const DECISIONS = 'docs/decisions';

const USAGE = `npm run docs:generate    remakes .env.example, the table of permissions in ${ACCESS} and the list in ${DECISIONS}
Exit: 0 done, 1 failed, 2 wrong use.`;

async function main(): Promise<number> {
  await writeFile('.env.example', envExample());
  await writeFile(ACCESS, withPermissionTable(await readFile(ACCESS, 'utf8')));
  await writeFile(`${DECISIONS}/README.md`, await decisionIndex(DECISIONS));
  console.log(`.env.example, ${ACCESS} and ${DECISIONS}/README.md are up to date`);
  return 0;
}

await runCommand({ name: 'docs:generate', usage: USAGE }, main);
