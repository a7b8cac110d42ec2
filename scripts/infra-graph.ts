/** `npm run infra:graph -- --stack production`: prints the resource tree of a stack, from a recording; needs no account. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { recordGraph } from '../infra/graph/record.ts';
import { STACKS, stackConfig } from '../infra/graph/stacks.ts';
import { graphText } from '../infra/graph/text.ts';
import { endInFailure } from './support/failure.ts';

const HELP = `Usage: npm run infra:graph -- --stack ${STACKS.join('|')} [--inputs] [--json]
       npm run infra:graph -- --write

  --inputs   also what each resource is made of, and what it waits for
  --json     the recording as JSON
  --write    remake the committed graphs in tests/infra/golden; review the difference like code

Exit codes: 0 done, 1 failed (a wrong stack file), 2 usage`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      stack: { type: 'string' },
      inputs: { type: 'boolean' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return print(HELP, 0);
  if (values.write) return write();
  if (!STACKS.some((stack) => stack === values.stack)) return print(HELP, 2);
  const graph = await record(values.stack ?? '');
  if (values.json) return print(JSON.stringify(graph.resources, null, 2), 0);
  return print(graphText(graph, { inputs: values.inputs ?? false }).trimEnd(), 0);
}

const record = async (stack: string) => recordGraph(stack, await stackConfig(stack));

async function write(): Promise<number> {
  for (const stack of STACKS) {
    const file = new URL(`../tests/infra/golden/${stack}.txt`, import.meta.url);
    await writeFile(file, graphText(await record(stack), { inputs: true }));
    console.log(`tests/infra/golden/${stack}.txt`);
  }
  return 0;
}

function print(text: string, code: number): number {
  console.log(text);
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  endInFailure('infra:graph', error, 1);
}
