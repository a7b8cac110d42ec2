import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EnvError } from '#lib/env.ts';
import { runCommand, WrongUsage } from './run-command.ts';

const argv = process.argv;
let lines: string[] = [];

beforeEach(() => {
  lines = [];
  process.exitCode = undefined;
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line: string) => void lines.push(`${stream} ${line}`));
});

afterEach(() => {
  process.argv = argv;
  process.exitCode = undefined;
});

const OPTIONS = { rows: { type: 'string', default: '5' } } as const;

/** Runs a command with these arguments and returns its exit code. */
async function run(args: string[], main: () => number | Promise<number>, failed: 1 | 3 = 1) {
  process.argv = ['node', 'script', ...args];
  await runCommand({ name: 'count', usage: 'the usage', options: OPTIONS, failed }, main);
  return process.exitCode;
}

test('a command gets its arguments and exits with the code that it returns', async () => {
  const main = vi.fn(() => 4);
  expect(await run(['--rows', '7'], main)).toBe(4);
  expect(main).toHaveBeenCalledWith({ values: { rows: '7' }, positionals: [] });
  expect(lines).toEqual([]);
});

test('--help prints the usage and runs nothing', async () => {
  const main = vi.fn(() => 4);
  await run(['--help'], main);
  expect(lines).toEqual(['log the usage']);
  expect(main).not.toHaveBeenCalled();
});

test.each([
  ['an unknown option', ['--nope'], "Unknown option '--nope'"],
  ['an option without its value', ['--rows'], "Option '--rows <value>' argument missing"],
  ['an argument too many', ['file'], "Unexpected argument 'file'"],
])('%s is one line and exit code 2, whatever a failure is there', async (_, args, line) => {
  expect(await run(args, () => 0, 3)).toBe(2);
  expect(lines).toEqual([`error count: ${line}; --help shows the usage`]);
});

test('so are arguments that the command refuses itself', async () => {
  expect(await run([], () => Promise.reject(new WrongUsage('--rows takes a number')))).toBe(2);
  expect(lines).toEqual(['error count: --rows takes a number; --help shows the usage']);
});

test.each([
  [new Error('the disk is full'), 'the disk is full'],
  [new EnvError('The environment is not usable:\n  A: is missing'), 'The environment is not usable:\n  A: is missing'],
  [
    new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('another')], ''),
    'connect ECONNREFUSED ::1:1',
  ],
  [
    Object.assign(new Error('\nInvalid call in\n code\nthe reason'), { name: 'PrismaClientKnownRequestError' }),
    'the reason',
  ],
  [new TypeError(''), 'TypeError'],
])('what is thrown ends with its reason and the code of a failure (%#)', async (error, line) => {
  expect(await run([], () => Promise.reject(error), 3)).toBe(3);
  expect(lines).toEqual([`error count: ${line}`]);
});
