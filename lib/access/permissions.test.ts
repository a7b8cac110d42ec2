import { expect, test } from 'vitest';
import { PERMISSIONS } from './permissions.ts';
import { ROUTE_GUARDS } from './route-guards.ts';

test('every permission guards something', () => {
  const guards = Object.values(ROUTE_GUARDS).flatMap((rows: Record<string, string>) => Object.values(rows));
  expect(Object.keys(PERMISSIONS).filter((permission) => !guards.includes(permission))).toEqual([]);
});
