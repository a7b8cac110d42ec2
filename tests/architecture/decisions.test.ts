import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decisionIndex, recordsIn } from '../../scripts/dev/support/docs/decision-index.ts';

const FOLDER = 'docs/decisions';
const LONGEST = 50;

test('every record of a decision has its number, a title, the three parts, and under fifty lines', async () => {
  for (const file of await recordsIn(FOLDER)) {
    const lines = (await readFile(join(FOLDER, file), 'utf8')).trimEnd().split('\n');
    expect(file).toMatch(/^\d{4}-[a-z0-9-]+\.md$/);
    expect(lines[0], file).toMatch(new RegExp(`^# ${file.slice(0, 4)}\\. \\S`));
    const parts = lines.filter((line) => /^(##|\*\*\w+\.\*\*)/.test(line));
    expect(parts, file).toEqual(['## Context', '## Decision', '## Consequences']);
    expect(lines.length, file).toBeLessThan(LONGEST);
  }
});

test('no number is given to two decisions', async () => {
  const numbers = (await recordsIn(FOLDER)).map((file) => file.slice(0, 4));
  expect(numbers).toEqual([...new Set(numbers)]);
});

test('the list of decisions names every record, by the title it has', async () => {
  expect(await readFile(join(FOLDER, 'README.md'), 'utf8')).toBe(await decisionIndex(FOLDER));
});
