/** `npm run infra:graph -- --stack production`: prints the resource tree of a stack from its recorded graph; needs no AWS account. */
import { writeFile } from 'node:fs/promises';
import { recordGraph } from '../../infra/graph/record.ts';
import { STACKS, stackConfig } from '../../infra/graph/stacks.ts';
import { graphText } from '../../infra/graph/text.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `Usage: npm run infra:graph -- --stack ${STACKS.join('|')} [--inputs] [--json]
       npm run infra:graph -- --write

  --inputs   also what each resource is made of, and what it waits for
  --json     the recording as JSON
  --write    remake the committed graphs in tests/infra/golden; review the difference like code

Exit codes: 0 done, 1 failed (a wrong stack file), 2 usage`;

const OPTIONS = {
  stack: { type: 'string' },
  inputs: { type: 'boolean' },
  json: { type: 'boolean' },
  write: { type: 'boolean' },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  if (values.write) return write();
  if (!STACKS.some((stack) => stack === values.stack)) throw new WrongUsage(`--stack takes ${STACKS.join(' or ')}`);
  const graph = await record(values.stack ?? '');
  if (values.json) return print(JSON.stringify(graph.resources, null, 2), 0);
  return print(graphText(graph, { inputs: values.inputs ?? false }).trimEnd(), 0);
}

const record = async (stack: string) => recordGraph(stack, await stackConfig(stack));

async function write(): Promise<number> {
  for (const stack of STACKS) {
    const file = new URL(`../../tests/infra/golden/${stack}.txt`, import.meta.url);
    await writeFile(file, graphText(await record(stack), { inputs: true }));
    console.log(`tests/infra/golden/${stack}.txt`);
  }
  return 0;
}

function print(text: string, code: number): number {
  console.log(text);
  return code;
}

await runCommand({ name: 'infra:graph', usage: USAGE, options: OPTIONS }, main);
