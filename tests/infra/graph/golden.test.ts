import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { STACKS } from '../../../infra/graph/stacks.ts';
import { graphText } from '../../../infra/graph/text.ts';
import { recorded } from './recorded.ts';

test.each(STACKS)('the graph of %s is the one that was reviewed', async (stack) => {
  const reviewed = await readFile(new URL(`../golden/${stack}.txt`, import.meta.url), 'utf8');
  const now = graphText(await recorded(stack), { inputs: true });
  expect(now, 'If the change is meant: npm run infra:graph -- --write, and review the difference').toBe(reviewed);
});

test.each(STACKS)('a preview of %s asks for the same resources with the same options as an update', async (stack) => {
  const [preview, update] = [await recorded(stack, 'preview'), await recorded(stack, 'update')];
  expect(graphText(preview)).toBe(graphText(update));
});

test('no committed graph contains a password or connection string', async () => {
  for (const stack of STACKS) {
    const text = await readFile(new URL(`../golden/${stack}.txt`, import.meta.url), 'utf8');
    expect(text).not.toMatch(/postgres:\/\/|generated-/);
    expect(text).toMatch(/secretString: <secret>/);
  }
});
