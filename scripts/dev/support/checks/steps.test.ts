import { existsSync, globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { STEPS } from './steps.ts';

const named = STEPS.flatMap(({ name, command }) =>
  command.filter((word) => /^(scripts|tests)\//.test(word)).map((path) => ({ step: name, path })),
);

test('every file that a step names is there: a runner leaves out a name that fits nothing, as long as another fits', () => {
  expect(named).not.toEqual([]);
  const exists = (path: string) => existsSync(path) || globSync(`${path}*`).some((file) => file.endsWith('.test.ts'));
  expect(named.filter(({ path }) => !exists(path))).toEqual([]);
});
