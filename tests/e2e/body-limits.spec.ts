import { connect } from 'node:net';
import { expect, test } from './support/test.ts';

/** What the server says to the beginning of a request whose end does not come. */
async function begin(origin: string, path: string, length: number, type?: string): Promise<string> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const typed = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  socket.write(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${typed}Content-Length: ${length}\r\n\r\nbegun`);
  let answer = '';
  for await (const part of socket) if ((answer += String(part)).includes('\r\n\r\n')) break;
  return answer;
}

test('a body of an anonymous request is rejected before it is read', async ({ site }) => {
  for (const length of [1_000, 500_000, 10_000_000]) {
    const answer = await begin(site.origin, '/api/agent/events', length);
    expect(answer, `${length}`).toMatch(/^HTTP\/1.1 401 /);
    expect(answer.toLowerCase()).toMatch(/\r\nx-request-id: [\da-f-]{36}\r\n/);
    expect(answer.toLowerCase()).toContain('\r\ncontent-security-policy: ');
  }
  for (const path of [
    '/login',
    '/',
    '/account',
    '/reset/x',
    '/api/auth/callback/credentials',
    '/api/health',
    '/api/audit/export',
  ])
    // A wrong method or type is known before the length, and neither waits for the body.
    expect(await begin(site.origin, path, 10_000_000), path).toMatch(/^HTTP\/1.1 (405|413|415) /);
  for (const [path, type] of [
    ...['/login', '/account', '/reset/x'].map((page) => [page, 'multipart/form-data; boundary=x'] as const),
    ['/api/auth/callback/credentials', 'application/x-www-form-urlencoded'] as const,
  ])
    expect(await begin(site.origin, path, 10_000_000, type), path).toMatch(/^HTTP\/1.1 413 /);
});
