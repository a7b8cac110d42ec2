import { defineConfig } from '@playwright/test';
import { launchOptions } from '../../scripts/dev/support/browser/chromium.ts';

/** Started by `npm run smoke:browser`, which says where to look. One browser, in the order of the file: three sessions serve all of it. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../../test-results/smoke',
  workers: 1,
  retries: 0,
  // A slow page is found by the latency that is watched; here it has to work, also just after it was started.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    baseURL: process.env.SMOKE_ORIGIN ?? '',
    launchOptions: await launchOptions(),
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    locale: 'en-GB',
  },
});
