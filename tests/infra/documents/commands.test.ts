import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../infra/config.ts';
import { readReleases } from '../../../infra/release/manifest/manifest.ts';
import { readStackFile } from '../../../infra/graph/stacks.ts';
import { recorded } from '../graph/recorded.ts';
import { A, ecs, released } from '../stories/command-line.ts';

const root = new URL('../../../', import.meta.url);
const names = async (folder: string, ending: string) =>
  (await readdir(new URL(folder, root))).filter((name) => name.endsWith(ending)).map((name) => folder + name);
const files = [
  'README.md',
  ...(await names('docs/', '.md')),
  ...(await names('docs/ru/', '.md')),
  ...(await names('.github/workflows/', '.yml')),
];
const texts = await Promise.all(
  files.map(async (file) => [file, await readFile(new URL(file, root), 'utf8')] as const),
);

/** Every command of the documents and of the pipeline, as written, with the file it stands in. */
const commands = texts.flatMap(([file, text]) =>
  [...text.matchAll(/npm run (?:--silent )?ecs -- ([^`#\n|>]+)/g)].flatMap(([, command = '']) =>
    command.startsWith('<') ? [] : [{ file, command: command.trim() }],
  ),
);

let folder = '';
beforeAll(async () => {
  vi.stubEnv('PATH', '/nowhere');
  folder = await mkdtemp(join(tmpdir(), 'golive-commands-'));
  await writeFile(join(folder, 'state.json'), JSON.stringify({ deployment: { resources: [] } }));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test('the documents mention every operator verb and the pipeline verbs', () => {
  const verbs = commands.map(({ command }) => command.split(' ')[0]);
  expect(new Set(verbs)).toEqual(
    new Set(['status', 'verify', 'diff', 'migrate', 'run', 'wait', 'rollback', 'logs', 'releases', 'drift']),
  );
});

test.each(commands)('$file: npm run ecs -- $command', async ({ command }) => {
  await using staging = await released();
  const [newest] = await readReleases(staging.session, staging.stack.bucket);
  const { id = '', images } = newest ?? {};
  const filled: Record<string, string> = {
    production: 'staging',
    'staging|production': 'staging',
    '"$STACK"': 'staging',
    '"$RUNNER_IMAGE"': images?.runner ?? '',
    '"$MIGRATOR_IMAGE"': images?.migrator ?? '',
    '1a2b3c4': A.slice(0, 7),
    RELEASE: id,
    'state.json': join(folder, 'state.json'),
  };
  const { code, stderr } = await ecs(staging, ...command.split(/\s+/).map((word) => filled[word] ?? word));
  // 4 is an answer too: there are differences.
  expect([0, 4], stderr).toContain(code);
});

test('every secret, repository and bucket that they name is one of the stack', async () => {
  const { resources } = await recorded('production');
  const physical = resources.flatMap(({ inputs }) => [inputs.name, inputs.bucket].map(String));
  const named = texts.flatMap(([file, text]) =>
    [...text.matchAll(/golive-(?:staging|production)((?:\/[a-z-]+|-releases-(?=\$)))/g)].map(([, rest = '']) => ({
      file,
      rest,
    })),
  );
  expect(named.length).toBeGreaterThan(2);
  // A person's own secret is named after its variable.
  const own = ['/audit-signing-key'];
  for (const { file, rest } of named.filter((one) => !own.includes(one.rest)))
    expect(
      physical.some((name) => name.startsWith(`golive-production${rest}`)),
      `${file}: ${rest}`,
    ).toBe(true);
});

test('every setting that the documents and the pipeline name is one that the program knows', async () => {
  const raw = await readStackFile('production');
  const settings = texts.flatMap(([file, text]) =>
    [...text.matchAll(/golive:([a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)?)/g)].map(([, key = '']) => ({ file, key })),
  );
  expect(settings.length).toBeGreaterThan(10);
  for (const { file, key } of settings) {
    const [group = '', field] = key.split('.');
    const value = field === undefined ? 'odd' : { ...(raw[group] as object | undefined), [field]: 'odd' };
    const complaint = () => parseConfig({ release: 'none', ...raw, [group]: value });
    expect(complaint, `${file}: golive:${key}`).toThrow(/not usable/);
    expect(complaint, `${file}: golive:${key}`).not.toThrow(`golive:${key}: is not a known key`);
  }
});
