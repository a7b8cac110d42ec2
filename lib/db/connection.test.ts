import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { connectionConfig } from './connection.ts';
import { DatabaseUrlError } from './url/split.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const dir = mkdtempSync(join(tmpdir(), 'golive-ca-'));
const file = join(dir, 'ca.pem');
writeFileSync(file, PEM);
afterAll(() => rmSync(dir, { recursive: true }));

const URL_ = 'postgres://app:p%40ss@db.example.org:6543/golive';
/** What the driver makes of it in the end, after reading the URL once more itself. */
const effective = (url: string, ca?: string) => {
  const client = new pg.Client(connectionConfig(url, ca)) as pg.Client & { ssl: unknown };
  return { host: client.host, port: client.port, user: client.user, password: client.password, ssl: client.ssl };
};
const verified = { rejectUnauthorized: true };

test('host, port, user and a password with reserved characters arrive as they are', () => {
  expect(effective(URL_)).toEqual({
    host: 'db.example.org',
    port: 6543,
    user: 'app',
    password: 'p@ss',
    ssl: false,
  });
});

test('every way to ask for TLS verifies the server', () => {
  for (const mode of ['require', 'verify-ca', 'verify-full'])
    expect(effective(`${URL_}?sslmode=${mode}`).ssl, mode).toEqual(verified);
  for (const flag of ['true', '1']) expect(effective(`${URL_}?ssl=${flag}`).ssl, flag).toEqual(verified);
});

test('a mode that leaves encryption or verification open is refused', () => {
  for (const query of ['sslmode=prefer', 'sslmode=allow', 'sslmode=no-verify', 'sslmode=', 'ssl=no-verify'])
    expect(() => connectionConfig(`${URL_}?${query}`), query).toThrow(DatabaseUrlError);
});

test('nothing else in the URL weakens what sslmode asked for', () => {
  for (const extra of ['uselibpqcompat=true', 'sslaccept=strict', 'sslnegotiation=postgres'])
    expect(effective(`${URL_}?sslmode=require&${extra}`).ssl, extra).toEqual(verified);
  for (const extra of ['ssl=false', 'ssl=0', 'ssl=no-verify', 'sslmode=disable', 'sslnegotiation=direct'])
    expect(() => connectionConfig(`${URL_}?sslmode=require&${extra}`), extra).toThrow(DatabaseUrlError);
});

test('verify-ca leaves out the name of the server, under an authority of one’s own alone', () => {
  expect(effective(`${URL_}?sslmode=verify-ca`, PEM).ssl).toEqual({
    ...verified,
    ca: PEM,
    checkServerIdentity: expect.any(Function) as unknown,
  });
});

test('a socket is never encrypted, and is no reason to read an authority', () => {
  expect(effective('postgres://u@/d?host=/run&sslmode=require', PEM).ssl).toBe(false);
});

test('variables of libpq in the environment do not decide what the URL has decided', () => {
  const before = { ...process.env };
  Object.assign(process.env, { PGSSLMODE: 'no-verify', PGPORT: '1', PGHOST: 'x', PGSSLNEGOTIATION: 'direct' });
  try {
    expect(effective('postgres://app:x@db/golive')).toMatchObject({ host: 'db', port: 5432, ssl: false });
  } finally {
    process.env = before;
  }
});

test('plain text happens only when nothing asks for more', () => {
  for (const query of ['', '?sslmode=disable', '?ssl=false', '?schema=public&connection_limit=3'])
    expect(effective(URL_ + query).ssl, query).toBe(false);
});

test('a certificate authority may be a text, a text with escaped line breaks, a path, or named in the URL', () => {
  const ca = { ...verified, ca: PEM };
  expect(effective(URL_, PEM).ssl).toEqual(ca);
  expect(effective(URL_, PEM.replaceAll('\n', '\\n')).ssl).toEqual(ca);
  expect(effective(`${URL_}?sslmode=require`, file).ssl).toEqual(ca);
  expect(effective(`${URL_}?sslrootcert=${file}`).ssl).toEqual(ca);
  expect(effective(`${URL_}?sslmode=verify-full&sslrootcert=system`).ssl).toEqual(verified);
});

test('a certificate that cannot be read is an error that does not repeat what was given', () => {
  const given = 'MIIB-something-pasted-in-the-wrong-place';
  expect(() => connectionConfig(URL_, given)).toThrow(/neither a PEM text nor a readable file/);
  expect(() => connectionConfig(URL_, given)).not.toThrow(given);
});

test('RDS hosts are verified with the bundle of AWS, and no other host is', () => {
  const { ssl } = connectionConfig('postgres://u:p@x.abc.eu-central-1.rds.amazonaws.com/db?sslmode=require');
  expect((ssl as { ca: string[] }).ca.length).toBeGreaterThan(10);
  expect(effective('postgres://u:p@rds.amazonaws.com.evil.example/db?sslmode=require').ssl).toEqual(verified);
});
