import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROUTE_GUARDS, type RouteGuards } from '#lib/access/route-guards.ts';
import { actionProblems, apiProblems, pageProblems } from './route-guard-checks.ts';

test('every page has a row in the table of the surface and asks for its permission, and every row has a page', async () => {
  expect(await pageProblems('.', ROUTE_GUARDS)).toEqual([]);
});

test('every method of every route handler has a row, and every row a method', async () => {
  expect(await apiProblems('.', ROUTE_GUARDS)).toEqual([]);
});

test('every server action has a row and is made by the function that asks that row', async () => {
  expect(await actionProblems('.', ROUTE_GUARDS)).toEqual([]);
});

test('a page, a method or an action without a row is reported, and so is a row with nothing behind it', async () => {
  await using planted = await plant({
    'app/(console)/planted/page.tsx': `await requirePermission('audit:read');`,
    'app/open/page.tsx': 'export default () => null;',
    'app/api/planted/route.ts':
      'export async function GET() {}\nexport { handler as DELETE };\nexport const { PUT } = all;',
    'app/api/hidden/route.ts': `export * from '../house/handlers.ts';`,
    'app/planted/actions.ts': `'use server';\nexport const planted = defineAction('planted', run);\nexport async function bare() {}`,
  });
  const empty: RouteGuards = {
    pages: { '/open': 'audit:read', '/gone': 'public' },
    apis: { 'GET /api/gone': 'public' },
    actions: { gone: 'public' },
  };
  expect(await pageProblems(planted.root, empty)).toEqual([
    'page /planted has no row',
    'the row of page /gone has nothing behind it',
    'app/open/page.tsx asks for "" where its row says "audit:read"',
  ]);
  expect(await apiProblems(planted.root, empty)).toEqual([
    'app/api/hidden/route.ts does not name its methods',
    'api GET /api/planted has no row',
    'api DELETE /api/planted has no row',
    'api PUT /api/planted has no row',
    'the row of api GET /api/gone has nothing behind it',
  ]);
  expect(await actionProblems(planted.root, empty)).toEqual([
    `bare in app/planted/actions.ts is not made by defineAction('bare', …)`,
    'action planted has no row',
    'action bare has no row',
    'the row of action gone has nothing behind it',
  ]);
});

async function plant(files: Record<string, string>) {
  const root = await mkdtemp(join(tmpdir(), 'golive-surface-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}
