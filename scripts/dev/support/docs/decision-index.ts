import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const HEAD = `# Decisions

Why things are as they are: a record for each choice that had an alternative, in under fifty lines of context, decision and consequences. A
decision that is taken back keeps its record, and the one that ends it names it.

Numbers go by subject, in tens: 0001 the architecture, 0010 people and pages, 0020 the audit log, 0030 agents, 0040 releases, 0050 AWS, 0060 what
came later. A number that is missing, 0009 and 0014 among them, was never used; none is given twice. A new record enters this list by
\`npm run docs:generate\`.
`;

/** The names of the files in a folder that begin with a number, in its order. */
export const recordsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((file) => /^\d/.test(file)).sort();

/** The README of the folder of decisions: every record by its number and title, as its first line says them. */
export async function decisionIndex(folder: string): Promise<string> {
  const entries = (await recordsIn(folder)).map(async (file) => {
    const [, number, title] = /^# (\d+)\. (.+)/.exec(await readFile(join(folder, file), 'utf8')) ?? [];
    return `- [${number}](${file}) ${title}`;
  });
  return `${HEAD}\n${(await Promise.all(entries)).join('\n')}\n`;
}
