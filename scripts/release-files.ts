/** `npm run release:files`: writes railway.json and render.yaml from the release contract. `--check` only compares. */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { railwayJson, renderYaml } from '#lib/release/platforms.ts';
import { format, resolveConfig } from 'prettier';

const FILES = { 'railway.json': railwayJson, 'render.yaml': renderYaml };

async function main() {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help)
    return void console.log('npm run release:files [-- --check]   exit 1: a file differs from the contract');
  for (const [path, make] of Object.entries(FILES)) {
    const wanted = await format(make(), { ...(await resolveConfig(path)), filepath: path });
    const found = await readFile(path, 'utf8').catch(() => '');
    if (found === wanted) continue;
    if (values.check) {
      console.error(`${path} differs from lib/release/contract.ts: run npm run release:files`);
      process.exitCode = 1;
    } else {
      await writeFile(path, wanted);
      console.log(`wrote ${path}`);
    }
  }
}

await main();
