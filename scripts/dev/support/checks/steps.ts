/**
 * What `npm test` runs. Two lanes run side by side, each in order: what waits for servers and what computes leave each other room on
 * two cores; the quick suites go where they make both end at about the same time. `npm run check` is the part marked fast.
 */
export interface Step {
  name: string;
  lane: 'code' | 'servers';
  command: readonly string[];
  /** Who counts the tests: a runner's JSON report, or the step itself, which then is one test. */
  report?: 'vitest' | 'playwright';
  fast?: boolean;
  /** A step of the same lane that must have passed before; if it failed, this one fails without being run. */
  needs?: string;
  env?: Record<string, string>;
  /** Minutes until it is ended as hung. */
  limit?: number;
}

const vitest = (project: string, ...paths: string[]) => ['vitest', 'run', '--project', project, ...paths];

/** The tests whose subject is what the server's version can do: triggers, partitions, plans, locks. The release tests migrate on 15 too. */
const DATA_LAYER = [
  'db/append-only',
  ...['list', 'budget', 'page-plan', 'keyset-index', 'partitions', 'retention', 'sealing'].map(
    (name) => `audit/${name}`,
  ),
];

export const STEPS: readonly Step[] = [
  { name: 'format', lane: 'code', fast: true, command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'types', lane: 'code', fast: true, command: ['sh', '-c', 'next typegen && tsc --noEmit'] },
  {
    name: 'lint',
    lane: 'code',
    fast: true,
    command: ['eslint', '.', '--max-warnings', '0', '--cache', '--cache-location', '.data/eslint/'],
  },
  { name: 'dead code', lane: 'code', fast: true, command: ['knip'] },
  { name: 'documents', lane: 'code', fast: true, command: ['node', 'scripts/dev/docs-check.ts'] },
  { name: 'architecture', lane: 'servers', fast: true, command: vitest('architecture'), report: 'vitest' },
  { name: 'unit', lane: 'servers', fast: true, command: vitest('unit'), report: 'vitest' },
  { name: 'build', lane: 'code', command: ['node', 'scripts/dev/build-changed.ts'] },
  { name: 'e2e', lane: 'code', command: ['playwright', 'test'], report: 'playwright', needs: 'build' },
  { name: 'image', lane: 'code', command: ['node', 'scripts/dev/image-check.ts'], needs: 'build' },
  { name: 'infra', lane: 'code', command: vitest('infra'), report: 'vitest' },
  {
    name: 'runbook',
    lane: 'code',
    command: ['node', 'scripts/runbook/rehearse.ts', '--short'],
    needs: 'build',
  },
  { name: 'integration and faults', lane: 'servers', command: vitest('integration'), report: 'vitest', limit: 30 },
  {
    name: 'data layer on PostgreSQL 15',
    lane: 'servers',
    command: vitest('integration', ...DATA_LAYER.map((name) => `tests/integration/${name}`)),
    report: 'vitest',
    env: { PG_MAJOR: '15' },
  },
];
