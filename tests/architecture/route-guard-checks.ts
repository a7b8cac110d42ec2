import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guard, RouteGuards } from '#lib/access/route-guards.ts';

const METHOD = /\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b/g;
const EXPORTED = /export (?:(?:const|let|async function|function) \w+|(?:const )?\{[^}]*\})/g;
const ACTION = /^export (?:const|async function|function) (\w+)(?: = (\w+)\(\s*'(\w+)')?/gm;
const ASKED = /requirePermission\('([\w:]+)'\)/g;

interface Source {
  path: string;
  text: string;
}

async function sources(root: string, pattern: string): Promise<Source[]> {
  const paths: string[] = [];
  for await (const path of glob(pattern, { cwd: root })) if (!path.startsWith('app/_')) paths.push(path);
  return Promise.all(paths.sort().map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));
}

/** app/(console)/audit/page.tsx is served as /audit. */
function routeOf(path: string): string {
  const parts = path.split('/').slice(1, -1);
  return `/${parts.filter((part) => !part.startsWith('(')).join('/')}`;
}

/** What stands on one side only, in words. */
function compare(kind: string, found: string[], rows: Record<string, Guard>): string[] {
  const missing = [...new Set(found)].filter((name) => !Object.hasOwn(rows, name));
  const idle = Object.keys(rows).filter((name) => !found.includes(name));
  return [
    ...missing.map((name) => `${kind} ${name} has no row`),
    ...idle.map((name) => `the row of ${kind} ${name} has nothing behind it`),
  ];
}

/** Every page and row that lack each other, and every page that asks for another permission than its row says. */
export async function pageProblems(root: string, { pages }: RouteGuards): Promise<string[]> {
  const found = await sources(root, 'app/**/page.{ts,tsx,js,jsx,mdx}');
  const faults = compare(
    'page',
    found.map(({ path }) => routeOf(path)),
    pages,
  );
  for (const { path, text } of found) {
    const guard = pages[routeOf(path)];
    const asked = [...text.matchAll(ASKED)].map(([, permission]) => permission).join(', ');
    const wanted = guard === 'public' ? '' : guard;
    if (guard !== undefined && asked !== wanted)
      faults.push(`${path} asks for "${asked}" where its row says "${guard}"`);
  }
  return faults;
}

/** Every method of a route handler and row that lack each other; a handler whose methods cannot be read is a fault too. */
export async function apiProblems(root: string, { apis }: RouteGuards): Promise<string[]> {
  const faults: string[] = [];
  const found: string[] = [];
  for (const { path, text } of await sources(root, 'app/**/route.{ts,tsx,js,jsx}')) {
    const methods = [...text.matchAll(EXPORTED)].flatMap(([words]) => words.match(METHOD) ?? []);
    if (methods.length === 0 || /export \*/.test(text)) faults.push(`${path} does not name its methods`);
    found.push(...methods.map((method) => `${method} ${routeOf(path)}`));
  }
  return [...faults, ...compare('api', found, apis)];
}

/** Every server action and row that lack each other, and every action that is not made by the function that asks its row. */
export async function actionProblems(root: string, { actions }: RouteGuards): Promise<string[]> {
  const faults: string[] = [];
  const found: string[] = [];
  for (const { path, text } of await sources(root, 'app/**/*.{ts,tsx}')) {
    if (!/^'use server'/m.test(text)) continue;
    for (const [, name = '', maker = '', row] of text.matchAll(ACTION)) {
      found.push(name);
      if (!/^define(Public)?Action$/.test(maker) || row !== name)
        faults.push(`${name} in ${path} is not made by defineAction('${name}', …)`);
    }
  }
  return [...faults, ...compare('action', found, actions)];
}
