/** What `npm test` runs, in order. `npm run check` is the part marked fast. */
export interface Step {
  name: string;
  command: readonly string[];
  /** Who counts the tests: a runner's JSON report, or the step itself, which then is one test. */
  report?: 'vitest' | 'playwright';
  fast?: boolean;
  /** A step that must have passed before; if it failed, this one fails without being run. */
  needs?: string;
  env?: Record<string, string>;
  /** Minutes until it is ended as hung. */
  limit?: number;
}

const vitest = (project: string, ...paths: string[]) => ['vitest', 'run', '--project', project, ...paths];

export const STEPS: readonly Step[] = [
  { name: 'format', fast: true, command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'generate', fast: true, command: ['prisma', 'generate'] },
  { name: 'types', fast: true, command: ['sh', '-c', 'next typegen && tsc --noEmit'] },
  {
    name: 'lint',
    fast: true,
    command: ['eslint', '.', '--max-warnings', '0', '--cache', '--cache-location', '.data/eslint/'],
  },
  { name: 'dead code', fast: true, command: ['knip'] },
  { name: 'documents', fast: true, command: ['node', 'scripts/docs-check.ts'] },
  { name: 'house', fast: true, command: vitest('house'), report: 'vitest' },
  { name: 'unit', fast: true, command: vitest('unit'), report: 'vitest' },
  { name: 'infra', command: vitest('infra'), report: 'vitest' },
  { name: 'integration', command: vitest('integration'), report: 'vitest' },
  {
    name: 'data layer on PostgreSQL 15',
    command: vitest('integration', 'tests/integration/db', 'tests/integration/users', 'tests/integration/audit'),
    report: 'vitest',
    env: { PG_MAJOR: '15' },
  },
  { name: 'faults', command: vitest('faults'), report: 'vitest' },
  { name: 'build', command: ['node', 'scripts/build-changed.ts'] },
  { name: 'runbook', command: ['node', 'scripts/runbook-rehearse.ts', '--short'], needs: 'build' },
  { name: 'e2e', command: ['playwright', 'test'], report: 'playwright', needs: 'build' },
];
