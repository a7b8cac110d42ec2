import { expect, test } from 'vitest';
import { requestId } from './request-id.ts';

test('an id of a load balancer is kept', () => {
  expect(requestId('1-67891233-abcdef012345678912345678')).toBe('1-67891233-abcdef012345678912345678');
});

test.each([null, '', 'short', 'x'.repeat(65), 'line\nbreak', '{"json":1}', 'id with spaces'])(
  'an id that could forge a log line is replaced: %j',
  (given) => {
    expect(requestId(given)).toMatch(/^[0-9a-f-]{36}$/);
  },
);
