import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const HEAD = `# Decisions

Architecture decision records: context, decision and consequences. A superseded decision keeps its record, and its successor names it.

Numbers go by subject, in tens: 0001 the architecture, 0010 people and pages, 0020 the audit log, 0030 agents, 0040 releases, 0050 AWS, 0060 later
additions. A number that is missing, 0009 and 0014 among them, was never used; none is given twice. A new record enters this list by
\`npm run docs:generate\`.
`;

/** The names of the files in a folder that begin with a number, in its order. */
export const recordsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((file) => /^\d/.test(file)).sort();

/** The decision index: number and title of every record. */
export async function decisionIndex(folder: string): Promise<string> {
  const entries = (await recordsIn(folder)).map(async (file) => {
    const [, number, title] = /^# (\d+)\. (.+)/.exec(await readFile(join(folder, file), 'utf8')) ?? [];
    return `- [${number}](${file}) ${title}`;
  });
  return `${HEAD}\n${(await Promise.all(entries)).join('\n')}\n`;
}
