/** `npm run release:files`: writes railway.json and render.yaml from the release contract. `--check` only compares. */
import { readFile, writeFile } from 'node:fs/promises';
import { railwayJson, renderYaml } from '#lib/release/platforms.ts';
import { format, resolveConfig } from 'prettier';
import { runCommand, type Given } from '../support/run-command.ts';

const FILES = { 'railway.json': railwayJson, 'render.yaml': renderYaml };

const USAGE = `npm run release:files [-- --check]    --check only compares
Exit: 0 as the contract says, 1 a file differs, 2 wrong use.`;

const OPTIONS = { check: { type: 'boolean' } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  let code = 0;
  for (const [path, make] of Object.entries(FILES)) {
    const wanted = await format(make(), { ...(await resolveConfig(path)), filepath: path });
    const found = await readFile(path, 'utf8').catch(() => '');
    if (found === wanted) continue;
    if (values.check) {
      console.error(`${path} differs from lib/release/contract.ts: run npm run release:files`);
      code = 1;
    } else {
      await writeFile(path, wanted);
      console.log(`wrote ${path}`);
    }
  }
  return code;
}

await runCommand({ name: 'release:files', usage: USAGE, options: OPTIONS }, main);
