import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { command } from '../support/command.ts';

interface Begun {
  name: string;
  argument: '--help' | '--nope';
  code: number;
  stdout: string;
  stderr: string;
  thrown?: string;
}

/** A table of verbs answers with the table. */
const ANSWERS_WITH_USAGE = ['ecs.ts'];

test('every command answers --help with its usage, and an unknown option with one line and exit code 2', async () => {
  const { stdout, stderr, code } = await command('node', ['tests/architecture/every-command.ts', '--help', '--nope']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const begun = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Begun);
  const scripts = globSync('**/*.ts', { cwd: 'scripts', exclude: ['**/support/**', 'ecs/**', '**/*.test.ts'] });
  expect(new Set(begun.map(({ name }) => name))).toEqual(new Set(scripts));
  for (const { name, argument, ...answer } of begun) {
    const told = `${name} ${argument}`;
    expect(answer.thrown, told).toBeUndefined();
    if (argument === '--help') {
      expect(answer, told).toMatchObject({ code: 0, stderr: '' });
      expect(answer.stdout, told).toMatch(/^.*(npm (run|test)|node scripts\/).*\n/);
    } else {
      expect(answer, told).toMatchObject({ code: 2, stdout: '' });
      if (!ANSWERS_WITH_USAGE.includes(name)) expect(answer.stderr, told).toMatch(/^.*--nope.*\n$/);
    }
  }
});
