/**
 * The steps of `npm test`. Two groups run in parallel, each in order: one waits for servers, the other computes, which suits two cores.
 * `npm run check` runs the steps marked fast.
 */
export interface Step {
  name: string;
  group: 'code' | 'servers';
  command: readonly string[];
  /** Source of the test counts: a JSON report, or the step itself as one test. */
  report?: 'vitest' | 'playwright';
  fast?: boolean;
  /** A step of the same group that must pass first; otherwise this one fails without running. */
  needs?: string;
  env?: Record<string, string>;
  /** Timeout in minutes. */
  limit?: number;
}

const vitest = (project: string, ...paths: string[]) => ['vitest', 'run', '--project', project, ...paths];

/** Tests that depend on the server version: triggers, partitions, plans, locks. */
const DATA_LAYER = [
  'db/append-only',
  ...['budget', 'keyset-index', 'partitions', 'retention', 'sealing'].map((name) => `audit/${name}`),
];

export const STEPS: readonly Step[] = [
  { name: 'format', group: 'code', fast: true, command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'types', group: 'code', fast: true, command: ['sh', '-c', 'next typegen && tsc --noEmit'] },
  {
    name: 'lint',
    group: 'code',
    fast: true,
    command: ['eslint', '.', '--max-warnings', '0', '--cache', '--cache-location', '.data/eslint/'],
  },
  { name: 'dead code', group: 'code', fast: true, command: ['knip'] },
  { name: 'documents', group: 'code', fast: true, command: ['node', 'scripts/dev/docs/check.ts'] },
  { name: 'architecture', group: 'servers', fast: true, command: vitest('architecture'), report: 'vitest' },
  { name: 'unit', group: 'servers', fast: true, command: vitest('unit'), report: 'vitest' },
  { name: 'build', group: 'code', command: ['node', 'scripts/dev/build-changed.ts'] },
  { name: 'e2e', group: 'code', command: ['playwright', 'test'], report: 'playwright', needs: 'build' },
  { name: 'image', group: 'code', command: ['node', 'scripts/dev/image-check.ts'], needs: 'build' },
  { name: 'infra', group: 'code', command: vitest('infra'), report: 'vitest' },
  {
    name: 'runbook',
    group: 'code',
    command: ['node', 'scripts/runbook/rehearse.ts', '--short'],
    needs: 'build',
  },
  { name: 'integration and faults', group: 'servers', command: vitest('integration'), report: 'vitest', limit: 30 },
  {
    name: 'data layer on PostgreSQL 15',
    group: 'servers',
    command: vitest('integration', ...DATA_LAYER.map((name) => `tests/integration/${name}`)),
    report: 'vitest',
    env: { PG_MAJOR: '15' },
  },
];
