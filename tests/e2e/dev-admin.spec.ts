import { openDb } from '#lib/db.ts';
import { COMMANDS } from '#lib/release/contract.ts';
import { disableUser, enableUser } from '#lib/users/admin.ts';
import { freePort } from '../support/postgres/postgres.ts';
import { prepareDatabase } from '../support/postgres/named-database.ts';
import { startProcess } from '../support/process/processes.ts';
import { makeSecrets } from '../support/process/secrets.ts';
import { startTestCluster } from '../support/postgres/test-cluster.ts';
import { expect, test } from './support/test.ts';
import { dataFolder, processesOf, startUp } from './support/up.ts';

const ACT = { actor: { type: 'system', id: 'e2e', label: 'e2e' }, origin: { source: 'cli' } } as const;

test('a production web server with the development sign-in enabled exits with an error', async ({ site }) => {
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

test('npm run dev serves the sources on the server of DATABASE_URL, and the development sign-in creates an admin, with a warning while there is only one', async ({
  as,
}) => {
  // It compiles every page it visits, beside whatever else the machine does.
  test.setTimeout(600_000);
  await using data = await dataFolder();
  await using stack = new AsyncDisposableStack();
  const cluster = await startTestCluster();
  stack.defer(() => cluster.stop());
  const urls = await prepareDatabase(cluster, 'golive', makeSecrets());
  const port = await freePort();
  const dev = startUp(data.folder, ['--port', String(port)], { ...urls, DEV_ADMIN: 'true' }, 'dev');
  stack.defer(async () => {
    process.kill(-(dev.child.pid ?? 0), 'SIGINT');
    await dev.ended;
    // Next reports to nobody here, yet leaves a process behind for a moment that finds that out.
    await expect.poll(() => processesOf(data.folder)).toEqual([]);
  });
  await dev.prints('Ctrl-C stops everything.');
  expect(dev.output()).toContain('of DATABASE_URL');

  const page = await as(null, { baseURL: `http://localhost:${port}` });
  // One page only: each is compiled when it is first visited.
  await page.goto('/login?callbackUrl=/admin');
  await page.getByRole('button', { name: 'Sign in as the development admin' }).click();
  await expect(page.getByRole('cell', { name: 'dev-admin@example.org' })).toBeVisible({ timeout: 120_000 });

  // Below two active admins a warning stands, and goes with the second one.
  const db = openDb(urls.DATABASE_URL, { max: 1 });
  stack.defer(() => db.$disconnect());
  const { id } = await db.user.findUniqueOrThrow({ where: { email: 'admin@example.org' }, select: { id: true } });
  const warning = page.getByText(/^There are fewer than two active admins/);
  for (const [change, warnings] of [
    [disableUser, 1],
    [enableUser, 0],
  ] as const) {
    expect(await change(db, ACT, id)).toMatchObject({ ok: true });
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(warning).toHaveCount(warnings);
  }
  // Hot reload holds a connection that would report the end of its server.
  await page.close();
});
