import { expect, test } from 'vitest';
import { hasBeenReady, isReady, isStuck, newStatus, type Status } from './status.ts';

const NOW = 1_000_000_000;
const status = (given: Partial<Status>): Status => ({
  ...newStatus(NOW - 300_000),
  subscribed: true,
  databaseAt: NOW - 1000,
  ...given,
});

test('a worker is ready while it is subscribed and the database answers', () => {
  expect(isReady(status({}), NOW)).toBe(true);
  expect(isReady(status({ subscribed: false }), NOW)).toBe(false);
  expect(isReady(status({ databaseAt: NOW - 20_000 }), NOW)).toBe(false);
});

test('a worker has begun once it was ready, and a database that goes away does not undo that', () => {
  expect(hasBeenReady(newStatus(NOW))).toBe(false);
  expect(hasBeenReady(status({ databaseAt: NOW - 3_600_000 }))).toBe(true);
});

test('a worker is stuck when work waits and nothing is picked up, and only then', () => {
  expect(isStuck(status({ waitSeconds: 90 }), NOW)).toBe(true);
  expect(isStuck(status({ waitSeconds: 0 }), NOW), 'nothing waits').toBe(false);
  expect(isStuck(status({ waitSeconds: 90, pickedUpAt: NOW - 1000 }), NOW), 'busy').toBe(false);
  expect(isStuck(status({ waitSeconds: 90, databaseAt: 0 }), NOW), 'the database is away').toBe(false);
});
