import { defineConfig } from '@playwright/test';
import { launchOptions } from './scripts/dev/support/browser/chromium.ts';

export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: '**/*.spec.ts',
  // A server that stops listening resets what connects in that instant, and the instant grows with the load: on a machine of its own.
  testIgnore: process.env.FAULTS === 'full' ? [] : ['**/rolling-restart.spec.ts'],
  outputDir: 'test-results',
  globalSetup: './tests/e2e/support/site.ts',
  fullyParallel: false,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  // How long a broken test hangs, and not how fast the pages must be: both hold beside other work on a slow machine.
  timeout: 240_000,
  expect: { timeout: 45_000 },
  reporter: 'list',
  use: {
    launchOptions: await launchOptions(),
    // A recording of every test costs a fifth of the run's time; `--trace on` makes one where it is wanted.
    trace: 'off',
    screenshot: 'only-on-failure',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  },
});
