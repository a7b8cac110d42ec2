import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ROUTE_GUARDS } from '#lib/access/route-guards.ts';

test('the tour of pictures, accessibility and narrow screens stops at every page', async () => {
  const text = await readFile('scripts/dev/support/browser/page-visits.ts', 'utf8');
  const stops = [...text.matchAll(/\bpath: ['`]([^'`]+)/g)].map(([, path = '']) =>
    path.replace(/\$\{[^}]+\}/g, 'some'),
  );
  const shows = (route: string) => {
    const pattern = new RegExp(`^${route.replace(/\[\w+\]/g, '[^/?]+')}$`);
    // A page of its own name is no example of the one beside it: /audit/health is not /audit/[id].
    return stops.some((stop) => pattern.test(stop) && !(route !== stop && stop in ROUTE_GUARDS.pages));
  };
  expect(Object.keys(ROUTE_GUARDS.pages).filter((route) => !shows(route))).toEqual([]);
});
