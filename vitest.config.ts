import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{app,lib,worker,scripts,infra,prisma}/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          globalSetup: ['tests/support/cluster.ts'],
          // The domain reads its settings from the environment; the database of a test is its own, so this one leads nowhere.
          env: {
            NEXTAUTH_SECRET: 'only-for-tests-only-for-tests-only-for-tests',
            DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
          },
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
