import { glob, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SURFACE } from '#lib/access/surface.ts';

const METHODS = /export (?:const|async function|function) (GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b/g;
const REEXPORTED = /export \{[^}]*\b(GET|POST|PUT|PATCH|DELETE)\b[^}]*\}/g;

async function sources(pattern: string): Promise<[string, string][]> {
  const paths: string[] = [];
  for await (const path of glob(pattern)) if (!path.startsWith('app/_')) paths.push(path);
  return Promise.all(paths.sort().map(async (path) => [path, await readFile(path, 'utf8')]));
}

/** app/(console)/audit/page.tsx is served as /audit. */
const routeOf = (path: string) => {
  const parts = path.split('/').slice(1, -1);
  return `/${parts.filter((part) => !part.startsWith('(')).join('/')}`;
};

test('every page has a row in the table of the surface, and every row a page', async () => {
  const pages = (await sources('app/**/page.tsx')).map(([path]) => routeOf(path));
  expect(pages.sort()).toEqual(Object.keys(SURFACE.pages).sort());
});

test('every method of every route handler has a row, and every row a method', async () => {
  const methods = (await sources('app/**/route.ts')).flatMap(([path, text]) => {
    const named = [...text.matchAll(METHODS)].map(([, method]) => method);
    const again = [...text.matchAll(REEXPORTED)].flatMap(
      ([list]) => list.match(/\b(GET|POST|PUT|PATCH|DELETE)\b/g) ?? [],
    );
    return [...named, ...again].map((method) => `${method} ${routeOf(path)}`);
  });
  expect([...new Set(methods)].sort()).toEqual(Object.keys(SURFACE.apis).sort());
});

test('every server action has a row and is made by the function that asks that row', async () => {
  const found: string[] = [];
  for (const [path, text] of await sources('app/**/*.{ts,tsx}')) {
    if (!/^'use server'/m.test(text)) continue;
    for (const [, name, maker, row] of text.matchAll(
      /^export (?:const|async function|function) (\w+)(?: = (\w+)\(\s*'(\w+)')?/gm,
    )) {
      expect(maker, `${name} in ${path}`).toMatch(/^define(Public)?Action$/);
      expect(row, `${name} in ${path}`).toBe(name);
      found.push(name ?? '');
    }
  }
  expect(found.sort()).toEqual(Object.keys(SURFACE.actions).sort());
});

test('every page that is not public asks for exactly the permission of its row', async () => {
  for (const [path, text] of await sources('app/**/page.tsx')) {
    const guard = SURFACE.pages[routeOf(path)];
    const asked = [...text.matchAll(/requirePermission\('([\w:]+)'\)/g)].map(([, permission]) => permission);
    expect(asked, path).toEqual(guard === 'public' ? [] : [guard]);
  }
});
