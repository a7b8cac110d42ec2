import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

type Messages = { [key: string]: string | Messages };

const LANGUAGES = 'app/_messages';

async function messages(language: string): Promise<Messages> {
  const files = await readdir(`${LANGUAGES}/${language}`);
  const entries = files.map(async (file) => [
    file.replace('.json', ''),
    JSON.parse(await readFile(`${LANGUAGES}/${language}/${file}`, 'utf8')) as Messages,
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Messages;
}

const keysOf = (tree: Messages, path = ''): string[] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [path + key] : keysOf(value, `${path}${key}.`),
  );

const textsOf = (tree: Messages): string[] =>
  Object.values(tree).flatMap((value) => (typeof value === 'string' ? [value] : textsOf(value)));

test('English and Russian have the same texts, none empty, with the same blanks', async () => {
  const [english, russian] = [await messages('en'), await messages('ru')];
  expect(keysOf(russian).sort()).toEqual(keysOf(english).sort());
  for (const text of [...textsOf(english), ...textsOf(russian)]) expect(text.trim()).not.toBe('');
});

test('every text is used', async () => {
  const code = execFileSync('git', ['grep', '-hE', `['"\`]`, '--', 'app/*.ts', 'app/*.tsx', 'lib/*.ts'], {
    encoding: 'utf8',
  });
  const parts = new Set(code.match(/[A-Za-z_][\w]*/g));
  const unused = keysOf(await messages('en')).filter((key) => !parts.has(key.split('.').at(-1) ?? ''));
  expect(unused).toEqual([]);
});
