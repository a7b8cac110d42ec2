import { beforeEach, expect, test, vi } from 'vitest';
import { createLog } from './log.ts';

const SECRET = 'hunter2';
const lines: string[] = [];

beforeEach(() => {
  lines.length = 0;
  vi.stubEnv('LOG_LEVEL', 'info');
});

const written = (write: (log: ReturnType<typeof createLog>) => void): string => {
  write(createLog({ write: (line) => void lines.push(line) }));
  return lines.join('');
};

/** As a client of the network throws it: its request hangs on it. */
const clientError = () =>
  Object.assign(new Error(`connect postgres://app:${SECRET}@db.example:5432/golive refused`), {
    config: { password: SECRET, headers: { Authorization: `Bearer ${SECRET}` } },
  });

test.each<[string, Record<string, unknown>]>([
  ['a field', { password: SECRET }],
  ['a field three levels down', { a: { b: { password: SECRET } } }],
  ['a field in a list', { people: [{ newPassword: SECRET }] }],
  ['a header, however it is written', { headers: { Authorization: SECRET, 'Set-Cookie': SECRET } }],
  ['a name that only contains the word', { sessionToken: SECRET, clientSecret: SECRET, DATABASE_URL_PASSWORD: SECRET }],
  ['an error and what hangs on it', { err: clientError() }],
  ['the cause of an error', { err: new Error('failed', { cause: clientError() }) }],
  ['a URL in a text, with an @ in its password', { url: `https://ann:a@${SECRET}@example.org/x` }],
  ['a URL that knows how to write itself', { url: new URL(`https://ann:${SECRET}@example.org/x`) }],
])('a secret is cut from %s', (_, fields) => {
  const line = written((log) => log.warn(fields, 'text'));
  expect(line).toContain('[redacted]');
  expect(line).not.toContain(SECRET);
});

test('a password in the message of an error that is logged alone is cut', () => {
  expect(written((log) => log.error(clientError()))).not.toContain(SECRET);
});

test('what is no secret stays as it is, and a line is one JSON object', () => {
  const own: Record<string, unknown> = {
    at: new Date(0),
    list: [1, 'a'],
    keyId: 'k1',
    url: 'https://example.org:8443/a@b',
  };
  const line = JSON.parse(
    written((log) => log.info({ requestId: 'r1', own, err: new Error('why') }, 'text')),
  ) as object;
  expect(line).toMatchObject({
    level: 'info',
    service: 'golive',
    requestId: 'r1',
    own: { ...own, at: '1970-01-01T00:00:00.000Z' },
    err: { type: 'Error', message: 'why', stack: expect.stringContaining('log.test.ts') as unknown },
    msg: 'text',
  });
});

test('what contains itself is written to a bounded depth', () => {
  const own: Record<string, unknown> = { name: 'a' };
  own.self = own;
  expect(written((log) => log.info({ own }, 'text'))).toContain('[deep]');
});
