import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROLES } from '#lib/access/permissions.ts';
import { ACTIONS } from '#lib/audit/events/catalogue.ts';
import { STATUS } from '#lib/errors.ts';
import { MESSAGES } from '../../app/_server/i18n/messages.ts';
import { usedKeys } from './message-use.ts';

type Messages = { [key: string]: string | Messages };

const textsOf = (tree: Messages, path = ''): [key: string, text: string][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value] as [string, string]] : textsOf(value, `${path}${key}.`),
  );

const keysOf = (tree: Messages) => textsOf(tree).map(([key]) => key);

/** What is put into a text: {name}, {count, plural, …} and <tag>. */
/** The branch of a plural that is one word looks like a blank; what stands before it tells them apart. */
const BLANK = /(?<!(?:zero|one|two|few|many|other|=\d+) )\{(\w+)[,}]|<(\w+)>/g;
const blanksOf = (text: string) => [...new Set([...text.matchAll(BLANK)].map(([blank]) => blank))].sort();

test('English and Russian have the same texts, none empty, with the same blanks', () => {
  const [english, russian] = [textsOf(MESSAGES.en), new Map(textsOf(MESSAGES.ru))];
  expect([...russian.keys()].sort()).toEqual(keysOf(MESSAGES.en).sort());
  for (const [key, text] of english) {
    expect([text.trim(), russian.get(key)?.trim()], key).not.toContain('');
    expect(blanksOf(russian.get(key) ?? ''), key).toEqual(blanksOf(text));
  }
});

test('every text is used, under its whole key', async () => {
  const used = await usedKeys('.');
  expect(keysOf(MESSAGES.en).filter((key) => !used.test(key))).toEqual([]);
});

test('a message is reported as unused even if another namespace has the same key', async () => {
  const root = await mkdtemp(join(tmpdir(), 'golive-messages-'));
  try {
    await mkdir(join(root, 'app'));
    await writeFile(
      join(root, 'app/page.tsx'),
      `export const title = async () => (await getTranslations('people'))('title');
       function Page() {
         const t = useTranslations('people.add');
         return [t('title', { name: other('lead') }), t(\`hints.\${ok ? 'good' : 'bad'}\`)];
       }
       function Other() {
         const t = useTranslations();
         return [t.rich('audit.title'), t(\`roles.\${role}\`), ...['theme.dark'].map((key) => t(key))];
       }`,
    );
    await writeFile(
      join(root, 'app/named.tsx'),
      `const t = useTranslations('map');
       const named = (group, name) => t(\`\${group}.\${name}\`);
       const here = named('places', place);`,
    );
    const used = await usedKeys(root);
    const asked = [
      'people.title',
      'people.add.title',
      'people.add.hints.bad',
      'audit.title',
      'roles.user',
      'theme.dark',
      'map.places.here',
    ];
    expect(asked.filter((key) => !used.test(key))).toEqual([]);
    const idle = [
      'people.lead',
      'people.add.hints.other',
      'people.audit.title',
      'audit.add.title',
      'theme.light',
      'map.roads.here',
    ];
    expect(idle.filter((key) => used.test(key))).toEqual([]);
  } finally {
    await rm(root, { recursive: true });
  }
});

test('what is named by a code, an action or a role exists', () => {
  expect(Object.keys(MESSAGES.en.errors.codes).sort()).toEqual(Object.keys(STATUS).sort());
  expect(Object.keys(MESSAGES.en.common.roles).sort()).toEqual([...ROLES].sort());
  expect(Object.keys(ACTIONS)).toEqual(expect.arrayContaining(keysOf(MESSAGES.en.audit.actions)));
});
