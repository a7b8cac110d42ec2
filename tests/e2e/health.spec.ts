import { expect, test } from './support/test.ts';

test('health answers any host with version and named checks, and is never cached', async ({ request }) => {
  const answer = await request.get('/api/health', { headers: { Host: 'anything.invalid' } });
  expect(answer.status()).toBe(200);
  expect(answer.headers()['cache-control']).toBe('no-store');
  expect(await answer.json()).toMatchObject({
    status: 'ok',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as unknown as string,
    commit: null,
    checks: { database: 'ok', writes: 'ok', session: 'ok', migrations: 'ok' },
  });
});

test('every kind of answer carries the strict headers and a request id', async ({ request }) => {
  for (const path of ['/login', '/', '/api/health', '/api/audit', '/no-such-page', '/403']) {
    const headers = (await request.get(path, { maxRedirects: 0 })).headers();
    expect(headers['content-security-policy'], path).toContain(`'strict-dynamic'`);
    expect(headers['x-content-type-options'], path).toBe('nosniff');
    expect(headers['x-frame-options'], path).toBe('DENY');
    expect(headers['x-request-id'], path).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers, path).not.toHaveProperty('x-powered-by');
  }
});

test('two answers never share a nonce', async ({ request }) => {
  const nonce = async () =>
    /'nonce-([^']+)'/.exec((await request.get('/login')).headers()['content-security-policy'] ?? '')?.[1];
  expect(await nonce()).not.toBe(await nonce());
});

test('an inline script without the nonce does not run', async ({ as, allowed }) => {
  allowed.push(/Content Security Policy/);
  const page = await as(null);
  const refused = page.waitForEvent('console', (message) => message.text().includes('Content Security Policy'));
  await page.goto('/login');
  await page.evaluate(() => {
    const script = document.createElement('div');
    script.innerHTML = '<img src="data:," onerror="document.title=\'owned\'">';
    document.body.append(script);
  });
  await refused;
  expect(await page.title()).not.toBe('owned');
});
