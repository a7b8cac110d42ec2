import { freePort } from '../support/postgres/postgres.ts';
import { HttpVisitor } from '../../scripts/smoke/support/http-visitor.ts';
import { sendSignInForm } from '../../scripts/smoke/support/sign-in-form.ts';
import { startSecondServer } from './support/second-server.ts';
import { expect, test } from './support/test.ts';

const PUBLIC = 'https://golive.example';

test('over https the session cookie is Secure and HttpOnly, and only that cookie is accepted', async ({
  site,
  person,
}) => {
  await using server = await startSecondServer(site, await freePort(), { NEXTAUTH_URL: PUBLIC });
  const someone = await person('user');

  // What ends TLS in front of the app speaks plain http to it, and passes on the cookies that a browser holds for https.
  const browser = new HttpVisitor(server.origin, { behindTls: true });
  const signedOut = await browser.ask('/');
  expect(signedOut.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}; includeSubDomains$/);
  expect([signedOut.status, signedOut.headers.get('location')]).toEqual([307, '/login?callbackUrl=%2F']);
  expect((await browser.open('/')).trail).toEqual(['/', '/login?callbackUrl=%2F']);

  const byForm = await sendSignInForm(new HttpVisitor(server.origin, { behindTls: true }), someone, PUBLIC);
  const cookie = await browser.signIn(someone.email, someone.password);
  for (const given of [cookie, byForm.cookies.find(({ name }) => name.endsWith('session'))]) {
    expect(given?.name).toBe('__Secure-golive.session');
    expect([...(given?.attributes ?? [])]).toEqual(
      expect.arrayContaining(['secure', 'httponly', 'samesite=lax', 'path=/']),
    );
  }

  expect((await browser.ask('/')).status).toBe(200);
  expect((await browser.open('/login')).trail).toEqual(['/login', '/']);

  browser.jar.set('golive.session', cookie.value);
  browser.jar.delete(cookie.name);
  expect((await browser.ask('/')).headers.get('location')).toBe('/login?callbackUrl=%2F');
});
