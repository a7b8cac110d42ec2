import { expect, test } from 'vitest';
import { findMistakes, type Known } from './documents.ts';

const known: Known = {
  files: new Set(['docs/A.md', 'docs/B.md', 'scripts/backup.sh', 'lib/release/contract.ts']),
  scripts: new Set(['smoke', 'db:status']),
  routes: ['/admin', '/audit/[id]', '/api/health', '/api/auth/[...nextauth]'],
  variable: (name) => name === 'DATABASE_URL',
  read: () => '# Title\n\n## 2. Two words\n',
};

const GOOD = `See [b](B.md#2-two-words) and [web](https://example.org).
\`npm run smoke -- --origin x\`, \`../../../support/scripts/backup.sh\`, \`lib/release/contract.ts\`, \`lib/release\`, \`$DATABASE_URL\`
\`/admin\`, \`/audit/abc\`, \`/api/auth/csrf\`
\`\`\`bash
DATABASE_URL=x npm run db:status
\`\`\``;

test('a document that names what exists has no mistakes', () => {
  expect(findMistakes('docs/A.md', GOOD, known)).toEqual([]);
});

test.each([
  ['a link to a missing file', '[c](C.md)', /there is no docs\/C.md/],
  ['a link to a missing heading', '[b](B.md#three)', /no such heading/],
  ['a command', 'use `npm run nothing`', /npm run nothing/],
  ['a command in a block', '```bash\nnpm run nothing\n```', /npm run nothing/],
  ['a file', 'see `scripts/gone.ts`', /scripts\/gone.ts: there is no/],
  ['a variable', 'set `DATABASE_ULR`', /DATABASE_ULR: no source/],
  ['a route', 'open `/api/halth`', /\/api\/halth: the access table/],
])('%s that does not exist is found, with its line', (_, text, message) => {
  const [mistake, ...others] = findMistakes('docs/A.md', `first\n${text}`, known);
  expect(others).toEqual([]);
  expect(mistake?.text).toMatch(message);
  expect(mistake?.line).toBeGreaterThan(1);
});
