import { expect, test } from 'vitest';
import { delayAfter } from './throttle.ts';

test('the wait never shrinks with more failures and never exceeds its cap, so no account is ever locked', () => {
  const policy = { free: 4, capMs: 900_000 };
  let last = 0;
  for (let failures = 0; failures < 5_000; failures++) {
    const delay = delayAfter(failures, policy);
    expect(delay).toBeGreaterThanOrEqual(last);
    expect(delay).toBeLessThanOrEqual(policy.capMs);
    last = delay;
  }
  expect(delayAfter(4, policy)).toBe(0);
  expect(delayAfter(5, policy)).toBe(1_000);
});
