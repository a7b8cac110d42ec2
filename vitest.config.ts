import { configDefaults, defineConfig } from 'vitest/config';

/**
 * An unexpected line on the console fails the test. Limits say how long a broken test hangs, and not how fast the code must be: they
 * hold beside other work on a slow machine.
 */
const quiet = {
  setupFiles: ['tests/support/unexpected-output.ts'],
  expect: { poll: { timeout: 60_000 } },
  testTimeout: 60_000,
};

/**
 * Real servers and processes: slower to start than a unit, several of them in one test, and never more at once than the smallest
 * machine has cores.
 */
const real = { ...quiet, testTimeout: 240_000, hookTimeout: 240_000, maxWorkers: 2 };

/** One PostgreSQL for the project's run. */
const withDatabase = {
  globalSetup: ['tests/support/cluster.ts'],
  // The domain reads its settings from the environment; the database of a test is its own, so this one leads nowhere.
  env: {
    NEXTAUTH_SECRET: 'only-for-tests-only-for-tests-only-for-tests',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  },
  ...real,
};

/** Each starts clusters and dozens of commands: `npm run test:heavy`. What they go deeper into, `npm test` tries in the rehearsal and beside them. */
const HEAVY = [
  ...['backup-encryption', 'backup-load', 'broken-servers', 'restore-older', 'tls'].map((name) => `release/${name}`),
  ...['blocked', 'create-roles'].map((name) => `db/${name}`),
].map((name) => `tests/integration/${name}.test.ts`);
HEAVY.push('tests/faults/restore-shapes.test.ts');

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['{app,lib,worker,scripts,infra,prisma}/**/*.test.ts'], ...quiet } },
      { test: { name: 'architecture', include: ['tests/architecture/**/*.test.ts'], ...quiet } },
      // Not isolated: its files share the recordings of the Pulumi program, and the time that its modules take to load.
      { test: { name: 'infra', include: ['tests/infra/**/*.test.ts'], ...real, isolate: false } },
      // Together: one server is started for both, and what waits out a fault leaves its core to the others.
      // Threads: each file starts in half the time of a process, and what must be killed is a process of its own anyway.
      {
        test: {
          name: 'integration',
          include: ['tests/{integration,faults}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...HEAVY],
          ...withDatabase,
          pool: 'threads',
        },
      },
      { test: { name: 'heavy', include: HEAVY, ...withDatabase, pool: 'threads' } },
    ],
  },
});
