import { expect, test } from 'vitest';
import { waitAfter } from './throttle.ts';

test('the wait never shrinks with more failures and never exceeds its cap, so no account is ever locked', () => {
  const policy = { freeFailures: 4, maxWaitMs: 900_000 };
  let last = 0;
  for (let failures = 0; failures < 5_000; failures++) {
    const delay = waitAfter(failures, policy);
    expect(delay).toBeGreaterThanOrEqual(last);
    expect(delay).toBeLessThanOrEqual(policy.maxWaitMs);
    last = delay;
  }
  expect(waitAfter(4, policy)).toBe(0);
  expect(waitAfter(5, policy)).toBe(1_000);
});
