/** `npm run docs:check`: checks that links, commands, files, variables and routes in the documents exist. Exit 1 lists missing ones. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { ROUTE_GUARDS } from '#lib/access/route-guards.ts';
import { WORKER_CHECK_PATH } from '#lib/release/contract.ts';
import { findMistakes, type Known } from '../support/docs/documents.ts';
import { runCommand } from '../../support/run-command.ts';

/** Paths of the worker's health server. */
const WORKER_ROUTES = ['/alive', '/ready', '/stuck', WORKER_CHECK_PATH];

const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });

const USAGE = `npm run docs:check    looks in the documents for what is not there
Exit: 0 there is everything, 1 something is not, 2 wrong use.`;

function main(): number {
  const files = git('ls-files', '--cached', '--others', '--exclude-standard')
    .split('\n')
    .filter((file) => existsSync(file));
  const documents = files.filter(
    (file) => /^(README\.md|docs\/.*\.md)$/.test(file) && !file.startsWith('docs/decisions/'),
  );
  const known = whatExists(files);
  const mistakes = documents.flatMap((file) => findMistakes(file, readFileSync(file, 'utf8'), known));
  for (const { file, line, text } of mistakes) console.error(`${file}:${line}: ${text}`);
  console.log(`${documents.length} documents, ${mistakes.length} mistakes`);
  return mistakes.length > 0 ? 1 : 0;
}

function whatExists(files: string[]): Known {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const sources = files.filter(
    (file) => /\.(ts|tsx|sh|mjs|json|ya?ml|sql|prisma)$|Dockerfile/.test(file) && file !== 'package-lock.json',
  );
  const names = new Set(
    sources.flatMap((file) => readFileSync(file, 'utf8').match(/[A-Z][A-Z0-9]*(_[A-Z0-9]+)+/g) ?? []),
  );
  // Variable names built from a role name.
  for (const role of ['ADMIN', 'AUDITOR', 'USER'])
    for (const prefix of ['SMOKE', 'SEED'])
      for (const field of ['EMAIL', 'PASSWORD']) names.add(`${prefix}_${role}_${field}`);
  return {
    files: new Set(files),
    scripts: new Set(Object.keys(scripts)),
    routes: [
      ...WORKER_ROUTES,
      ...Object.keys(ROUTE_GUARDS.pages),
      ...Object.keys(ROUTE_GUARDS.apis).map((route) => route.split(' ')[1] ?? ''),
    ],
    variable: (name) => names.has(name),
    read: (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
  };
}

await runCommand({ name: 'docs:check', usage: USAGE }, main);
