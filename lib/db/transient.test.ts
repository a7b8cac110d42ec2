import { expect, test } from 'vitest';
import { isTransient, isDataError } from './transient.ts';

const prisma = (code: string, cause: object) => ({ code, meta: { driverAdapterError: { cause } } });

test('rejected data is distinguished from an unreachable database', () => {
  const badTime = prisma('P2010', { originalCode: '22007', kind: 'postgres' });
  const shutDown = prisma('P2010', { originalCode: '57P01', kind: 'postgres' });
  const refused = prisma('P1001', { kind: 'DatabaseNotReachable' });
  const lateTransaction = { code: 'P2028' };
  const dropped = new Error('Connection terminated unexpectedly');
  expect([badTime, shutDown, refused, lateTransaction, dropped].map(isDataError)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
  expect([badTime, shutDown, refused, lateTransaction, dropped].map(isTransient)).toEqual([
    false,
    true,
    true,
    true,
    true,
  ]);
});

test('a mistake of ours is neither', () => {
  for (const error of [new TypeError('x is not a function'), prisma('P2010', { originalCode: '42P01' }), null, 'text'])
    expect([isDataError(error), isTransient(error)]).toEqual([false, false]);
});
