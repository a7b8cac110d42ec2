import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seal } from '#lib/audit/proof/seal.ts';
import { GRANTS, type Grant } from '#lib/db/roles/grants.ts';
import { errorCode } from '#lib/db/transient.ts';
import { GRANT_USES } from '../../../scripts/dev/support/docs/grant-uses.ts';
import { writeEvents } from '../../support/audit.ts';
import { testEnvironment } from '../../support/audit-proof.ts';
import { openScene, type Scene } from '../../support/grants/scene.ts';
import { WEB_FLOWS } from '../../support/grants/web-flows.ts';
import { WORKER_FLOWS } from '../../support/grants/worker-flows.ts';
import { execute } from '../../support/postgres/postgres.ts';

let scene: Scene;
beforeAll(async () => {
  testEnvironment();
  scene = await openScene();
  // More than one tile of the tree.
  await writeEvents(scene.ownerUrl, 300, { createdAt: 'clock_timestamp()' });
  await seal(scene.both, { checkpoint: 'always' });
});
afterAll(() => scene[Symbol.asyncDispose]());

/** `SELECT User` for a privilege on the table public."User". */
const nameOf = (privilege: string, { name }: Grant) =>
  `${privilege} ${name
    .replace(/^public\./, '')
    .replace(/\(.*/, '')
    .replaceAll('"', '')}`;
const privilegesOf = (process: 'web' | 'worker') =>
  GRANTS.flatMap((grant) => grant[process].map((privilege) => ({ grant, privilege, use: nameOf(privilege, grant) })));

/** One after the other: PostgreSQL refuses two changes of one object's grants at once. */
describe.each([
  ['web', WEB_FLOWS],
  ['worker', WORKER_FLOWS],
] as const)('%s', (process, flows) => {
  test('each flow works with the privileges of its user, and fails without any one that it is said to need; nothing else is granted', async () => {
    const uses = Object.entries<readonly string[]>(GRANT_USES[process]);
    const granted = privilegesOf(process);
    expect(uses.flatMap(([, needs]) => needs).sort()).toEqual(granted.map(({ use }) => use).sort());
    const role = scene.role[process];
    for (const [flow, needs] of uses) {
      const run = () => (flows as Record<string, (scene: Scene) => Promise<unknown>>)[flow]?.(scene);
      await run();
      for (const { grant, privilege, use } of granted.filter((one) => needs.includes(one.use))) {
        const right = `${privilege} ON ${grant.kind} ${grant.name}`;
        await execute(scene.ownerUrl, `REVOKE ${right} FROM ${role}`);
        try {
          const code = await Promise.resolve(run()).then(() => 'it works', errorCode);
          // A name in a schema that may not be used is one that is not there.
          expect(['42501', grant.kind === 'SCHEMA' ? '42P01' : ''], `${flow} without ${use}`).toContain(code);
        } finally {
          await execute(scene.ownerUrl, `GRANT ${right} TO ${role}`);
        }
      }
    }
  });
});
