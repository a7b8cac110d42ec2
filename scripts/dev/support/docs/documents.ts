import { dirname, join, normalize } from 'node:path';

/** Names that documents may reference. */
export interface Known {
  files: ReadonlySet<string>;
  /** Names of the scripts of package.json. */
  scripts: ReadonlySet<string>;
  /** Pages and API paths of the access table. */
  routes: readonly string[];
  /** True if the sources contain the variable name. */
  variable: (name: string) => boolean;
  /** Text of another document, for its headings. */
  read: (file: string) => string | undefined;
}

export interface Mistake {
  file: string;
  line: number;
  text: string;
}

/** GitHub's anchor of a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replace(/ /g, '-');

const headings = (text: string) => [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading));

/** Top-level folders and files. */
const PATH =
  /(?<![\w/.-])(?:\.\/)?((?:app|docs|infra|lib|prisma|scripts|tests|worker|\.railway|\.github)\/[\w./()[\]-]*[\w)\]])/g;
const VARIABLE = /(?<![\w-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-])/g;
const ROUTE = /^\/[a-z0-9/[\]-]*$/;

/** References of a document that do not exist. */
export function findMistakes(file: string, text: string, known: Known): Mistake[] {
  const mistakes: Mistake[] = [];
  let fenced = false;
  text.split('\n').forEach((content, index) => {
    const wrong = (what: string) => void mistakes.push({ file, line: index + 1, text: what });
    if (content.startsWith('```')) {
      fenced = !fenced;
      return;
    }
    const codes = fenced ? [content] : [...content.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
    if (!fenced)
      for (const [, target = ''] of content.matchAll(/\]\(([^)\s]+)\)/g)) checkLink(file, target, known, wrong);
    for (const code of codes) checkCode(code, known, wrong);
  });
  return mistakes;
}

type Wrong = (what: string) => void;

function checkLink(file: string, target: string, known: Known, wrong: Wrong): void {
  if (/^(https?|mailto):/.test(target)) return;
  const [path = '', fragment] = target.split('#');
  const to = path === '' ? file : normalize(join(dirname(file), path));
  const isFolder = [...known.files].some((each) => each.startsWith(`${to}/`));
  if (!known.files.has(to) && !isFolder) return void wrong(`link to ${target}: there is no ${to}`);
  if (fragment !== undefined && !headings(known.read(to) ?? '').includes(fragment))
    wrong(`link to ${target}: ${to} has no such heading`);
}

function checkCode(code: string, known: Known, wrong: Wrong): void {
  for (const [, name = ''] of code.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
    if (!known.scripts.has(name)) wrong(`npm run ${name}: package.json has no such script`);
  for (const [, path = ''] of code.matchAll(PATH))
    if (!known.files.has(path) && ![...known.files].some((each) => each.startsWith(`${path}/`)))
      wrong(`${path}: there is no such file`);
  for (const [name] of code.matchAll(VARIABLE))
    if (!known.variable(name)) wrong(`${name}: no source reads this variable`);
  if (ROUTE.test(code) && code.length > 1 && !known.routes.some((route) => matches(route, code)))
    wrong(`${code}: the access table has no such route`);
}

const matches = (route: string, path: string): boolean =>
  new RegExp(`^${route.replace(/\[\.\.\.[^\]]+\]/g, '.+').replace(/\[[^\]]+\]/g, '[^/]+')}$`).test(path) ||
  route === path;
