/** The only development dependency of the planted house. */
export const DEVELOPMENT_PACKAGE = 'tool';

/** What each rule must find, as it is reported: importer -> imported. Both files are planted, the first with the import of the second. */
export const PLANTED: Record<string, string[]> = {
  // The way back is planted for the neighbours below; a circle is reported once, from its first file.
  'no-cycles': ['lib/agents/g.ts -> lib/users/u.ts'],
  'lib-knows-no-framework': ['lib/users/u.ts -> node_modules/next/index.js'],
  'lib-stays-below': ['app', 'worker', 'scripts', 'infra', 'tests', 'prisma'].map(
    (top) => `lib/users/u.ts -> ${top}/x.ts`,
  ),
  'lib-base-stands-alone': [
    'lib/log.ts -> lib/db.ts',
    'lib/errors.ts -> lib/users/u.ts',
    'lib/text.ts -> lib/health.ts',
  ],
  'lib-access-stands-alone': ['lib/access/p.ts -> lib/db.ts', 'lib/access/p.ts -> lib/errors.ts'],
  'lib-json-stands-alone': ['lib/json/j.ts -> lib/db.ts', 'lib/json/j.ts -> lib/errors.ts'],
  'lib-db-knows-the-base': [
    'lib/db.ts -> lib/audit/r.ts',
    'lib/db/c.ts -> lib/audit/r.ts',
    'lib/db/c.ts -> lib/users/u.ts',
  ],
  'lib-audit-and-queue-know-the-database': [
    ...['lib/users/u.ts', 'lib/agents/g.ts', 'lib/queue/q.ts', 'lib/release/c.ts'].map(
      (to) => `lib/audit/r.ts -> ${to}`,
    ),
    ...['lib/users/u.ts', 'lib/audit/r.ts'].map((to) => `lib/queue/q.ts -> ${to}`),
  ],
  'lib-auth-and-users-share-a-level': [
    'lib/users/u.ts -> lib/agents/g.ts',
    'lib/auth/a.ts -> lib/agents/g.ts',
    'lib/users/u.ts -> lib/health.ts',
  ],
  'lib-agents-and-users-are-separate': ['lib/agents/g.ts -> lib/users/u.ts', 'lib/agents/g.ts -> lib/auth/a.ts'],
  'lib-erasure-stands-above-users-and-audit': [
    'lib/erasure/w.ts -> lib/agents/g.ts',
    'lib/erasure/w.ts -> lib/health.ts',
  ],
  'lib-release-is-data': ['lib/release/c.ts -> lib/db.ts', 'lib/release/c.ts -> lib/release/preflight/d.ts'],
  'lib-preflight-knows-the-database': ['lib/release/preflight/d.ts -> lib/users/u.ts'],
  'product-without-development-packages': ['lib/users/u.ts', 'scripts/dev/up.ts', 'tests/support/postgres/p.ts'].map(
    (from) => `${from} -> node_modules/${DEVELOPMENT_PACKAGE}/index.js`,
  ),
  'client-behind-db': ['app', 'worker', 'scripts', 'prisma', 'infra', 'lib/users'].map(
    (folder) => `${folder}/c.ts -> prisma/client/client.ts`,
  ),
  'app-is-an-entrance': ['worker', 'scripts', 'prisma'].map((folder) => `${folder}/x.ts -> app/x.ts`),
  'worker-is-an-entrance': ['app', 'scripts', 'prisma'].map((folder) => `${folder}/y.ts -> worker/x.ts`),
  'scripts-are-entrances': ['app', 'worker', 'prisma'].map((folder) => `${folder}/z.ts -> scripts/x.ts`),
  'prisma-serves-the-commands': ['app', 'worker', 'infra'].map((folder) => `${folder}/p.ts -> prisma/x.ts`),
  'infra-is-an-entrance': ['app', 'worker', 'scripts'].map((folder) => `${folder}/i.ts -> infra/x.ts`),
  'tests-are-entrances': ['app', 'worker', 'scripts', 'prisma'].map((folder) => `${folder}/t.ts -> tests/x.ts`),
  'infra-reaches-only-the-release': [
    'infra/k.ts -> lib/users/u.ts',
    'infra/far.ts -> lib/db.ts',
    '.railway/r.ts -> lib/users/u.ts',
  ],
  'infra-takes-only-the-types-of-env': ['infra/e.ts -> lib/env.ts'],
  'next-auth-behind-server': [
    ...['app/page.ts', 'app/_ui/n.ts', 'proxy.ts', 'instrumentation.ts', 'scripts/n.ts'].flatMap((from) => [
      `${from} -> node_modules/next-auth/index.js`,
      `${from} -> node_modules/next/headers.js`,
    ]),
    'app/_ui/n.ts -> node_modules/next-auth/react/index.js',
  ],
  'ui-has-no-data-access': ['app/_server/s.ts', 'lib/db.ts', 'lib/audit/r.ts', 'lib/health.ts', 'prisma/x.ts'].map(
    (to) => `app/_ui/d.ts -> ${to}`,
  ),
  'no-orphans': ['lib/orphan.ts -> lib/orphan.ts'],
  resolvable: ['lib/lost.ts -> ./nowhere.ts'],
};
