import { defineConfig } from '@playwright/test';
import { launchOptions } from '../../scripts/support/chromium.ts';

/** Started by `npm run smoke:browser`, which says where to look. One browser, in the order of the file: three sessions serve all of it. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../../test-results/smoke',
  workers: 1,
  retries: 0,
  timeout: 20_000,
  expect: { timeout: 5_000 },
  use: {
    baseURL: process.env.SMOKE_ORIGIN ?? '',
    launchOptions: await launchOptions(),
    actionTimeout: 5_000,
    navigationTimeout: 10_000,
    locale: 'en-GB',
  },
});
