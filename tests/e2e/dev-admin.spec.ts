import { COMMANDS } from '../../lib/release/contract.ts';
import { freePort } from '../../scripts/support/postgres.ts';
import { startProcess } from '../../scripts/support/processes.ts';
import { expect, test } from './support/test.ts';

test('a web server in production that is told to let anyone be admin ends at once and says why', async ({ site }) => {
  const web = startProcess('sh', ['-c', COMMANDS.start], {
    env: {
      NODE_ENV: 'production',
      PORT: String(await freePort()),
      DATABASE_URL: site.urls.DATABASE_URL,
      NEXTAUTH_SECRET: 'of-a-server-that-only-one-test-has-started',
      DEV_ADMIN: 'true',
    },
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => web.stop());
  expect(await web.ended).toBe(1);
  expect(web.output()).toContain('DEV_ADMIN: must not be true in production: anyone could become admin');
});
