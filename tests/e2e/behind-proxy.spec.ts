import { freePort } from '../support/postgres/postgres.ts';
import { sendSignInForm } from '../../scripts/smoke/support/sign-in-form.ts';
import { HttpVisitor } from '../../scripts/smoke/support/http-visitor.ts';
import { nginxFronts, plainFront } from './support/fronts.ts';
import { startSecondServer } from './support/second-server.ts';
import { expect, test } from './support/test.ts';

const PUBLIC = 'https://app.example.test:8443';

test('behind proxies without forwarded headers, sign-in works at the configured origin only', async ({
  site,
  person,
}) => {
  test.setTimeout(120_000);
  const port = await freePort();
  await using server = await startSecondServer(site, port, { NEXTAUTH_URL: PUBLIC });
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await plainFront('the name of an upstream', port, 'golive_upstream'));
  const fronts = [
    upstream,
    stack.use(await plainFront('a host without its port', port, 'app.example.test')),
    stack.use(await plainFront('two in a row', Number(new URL(upstream.origin).port), 'app.example.test')),
    ...(await nginxFronts(port)).map((front) => stack.use(front)),
  ];
  const someone = await person('user');
  for (const { name, origin } of fronts) {
    const visitor = new HttpVisitor(origin, { behindTls: true });
    await expect
      .poll(
        () =>
          visitor.ask('/api/health').then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 20_000 },
      )
      .toBe(200);
    for (const foreign of [
      'https://evil.example',
      'https://app.example.test',
      'http://golive_upstream',
      server.origin,
    ]) {
      const refused = await sendSignInForm(visitor, someone, foreign);
      expect([refused.status, refused.cookies], `${foreign} through ${name}`).toEqual([403, []]);
      expect(refused.text).toContain(PUBLIC);
    }
    const answer = await sendSignInForm(visitor, someone, PUBLIC);
    expect([answer.status, answer.headers.get('location')], name).toEqual([303, '/']);
    expect((await visitor.ask('/account')).status, name).toBe(200);
  }
  // A header that only proxies should set changes nothing either.
  const forged = { method: 'POST', headers: { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' } };
  expect((await new HttpVisitor(server.origin).ask('/login', { ...forged, body: new FormData() })).status).toBe(403);
  expect(server.output()).not.toContain('Server Action');
});
