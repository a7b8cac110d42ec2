import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { traceFiles } from './trace.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'golive-trace-'));
  await mkdir(join(root, 'node_modules/optional'), { recursive: true });
  await writeFile(join(root, 'package.json'), `{ "type": "module" }`);
});
afterEach(() => rm(root, { recursive: true }));

const write = (path: string, text: string) => writeFile(join(root, path), text);

test('an import behind the newest syntax that node runs is followed', async () => {
  await write(
    'main.ts',
    `await using stack = new AsyncDisposableStack();\nconst { a } = await import('./needed.ts');\n`,
  );
  await write('needed.ts', `using nothing = null;\nexport const a: number = 1;\nexport * from './deeper.ts';\n`);
  await write('deeper.ts', `export const b = 2 as const;\n`);
  expect((await traceFiles(['main.ts'], root)).sort()).toEqual(['deeper.ts', 'main.ts', 'needed.ts', 'package.json']);
});

test('a file that cannot be parsed fails the assembly, and is named', async () => {
  await write('main.ts', `import './odd.js';\n`);
  await write('odd.js', `const = 1;\n`);
  await expect(traceFiles(['main.ts'], root)).rejects.toThrow(/odd\.js/);
});

test('an import of ours that is not there fails the assembly; one of a package may be for another platform', async () => {
  await write('main.ts', `import 'optional';\n`);
  await write('node_modules/optional/package.json', `{ "name": "optional", "main": "index.js" }`);
  await write('node_modules/optional/index.js', `try { require('for-another-platform'); } catch {}\n`);
  await expect(traceFiles(['main.ts'], root)).resolves.toContain('node_modules/optional/index.js');
  await write('main.ts', `import './missing.ts';\n`);
  await expect(traceFiles(['main.ts'], root)).rejects.toThrow(/missing\.ts/);
});
