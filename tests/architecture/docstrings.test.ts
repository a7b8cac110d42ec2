import { glob, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const PUBLIC = '{lib,worker,infra,scripts/support}/**/*.ts';

/** A function, a class, or an arrow under a name. Of a signature that goes over several lines the first one tells. */
const EXPORTED = /^export (?:async )?(?:function\*? ?|class |const (?=\w+ = (?:async )?(?:<.*>)?\())(\w+)/;

/** Names of the exported functions and classes that no docstring stands before. */
function undocumented(code: string): string[] {
  const lines = code.split('\n');
  return lines.flatMap((line, at) => {
    const [, name] = EXPORTED.exec(line) ?? [];
    return name === undefined || lines[at - 1]?.endsWith('*/') ? [] : [name];
  });
}

test('every exported function of lib, worker, infra and the scripts’ support says what it means', async () => {
  const silent: string[] = [];
  for await (const path of glob(PUBLIC)) {
    if (path.endsWith('.test.ts')) continue;
    silent.push(...undocumented(await readFile(path, 'utf8')).map((name) => `${path}: ${name}`));
  }
  expect(silent.sort()).toEqual([]);
});

test('a docstring is missed before each kind of function, and not before data', () => {
  const bare = [
    'export function a() {}',
    'export async function b() {}',
    'export async function* c() {}',
    'export const d = (x: number) => x;',
    'export const e = async <T>(x: T) => x;',
    'export class F {}',
  ];
  expect(undocumented(bare.join('\n'))).toEqual(['a', 'b', 'c', 'd', 'e', 'F']);
  expect(undocumented(bare.map((line) => `/** It. */\n${line}`).join('\n'))).toEqual([]);
  expect(undocumented('export const LIMIT = 5;\nfunction own() {}\nexport type G = () => void;')).toEqual([]);
});
