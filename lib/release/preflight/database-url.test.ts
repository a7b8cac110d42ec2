import { expect, test } from 'vitest';
import { runCheck } from './check.ts';
import { databaseUrl } from './database-url.ts';

const GOOD = {
  DATABASE_URL: 'postgres://app:x@db.example.org:5432/x?sslmode=require',
  MIGRATE_DATABASE_URL: 'postgres://owner:x@db.example.org:5432/x?sslmode=require',
};

const verdictOn = (env: Record<string, string | undefined> = {}) =>
  runCheck(databaseUrl, {
    root: '',
    env: { ...GOOD, ...env },
    firstDeployment: false,
    run: () => Promise.reject(new Error('it runs nothing')),
  });
const light = async (env?: Record<string, string | undefined>) => (await verdictOn(env)).light;
const reasons = async (env: Record<string, string | undefined>) =>
  (await verdictOn(env)).findings.map((finding) => `${finding.light}: ${finding.reason}`).join('\n');

test.each([
  ['plain text', { DATABASE_URL: 'postgres://app:x@db.example.org/x' }, /plain text/],
  [
    'a mode that does not verify',
    { DATABASE_URL: 'postgres://app:x@db.example.org/x?sslmode=prefer' },
    /red: DATABASE_URL: gives sslmode a value that is not understood/,
  ],
  ['a URL of two readings', { MIGRATE_DATABASE_URL: 'postgres://o:p@ss@h/x' }, /red: MIGRATE_DATABASE_URL: holds more/],
  [
    'Supabase without its authority',
    { DATABASE_URL: 'postgres://app:x@a.pooler.supabase.com:5432/x?sslmode=require' },
    /Supabase signs/,
  ],
  [
    'a transaction pooler',
    { MIGRATE_DATABASE_URL: 'postgres://o:x@db.example.org:6543/x?sslmode=require' },
    /transaction pooler/,
  ],
  [
    'Neon’s pooler, which is one too',
    { MIGRATE_DATABASE_URL: 'postgres://o:x@ep-x-pooler.eu.aws.neon.tech/n?sslmode=require&channel_binding=require' },
    /MIGRATE_DATABASE_URL leads through a transaction pooler \(Neon’s pooler\)/,
  ],
  [
    'a transaction pooler that only the app goes through',
    { DATABASE_URL: 'postgres://app:x@x.proxy-abc.eu-central-1.rds.amazonaws.com/x?sslmode=require' },
    /DATABASE_URL leads through a transaction pooler \(Amazon RDS Proxy\)/,
  ],
  [
    'a worker’s URL in plain text',
    { WORKER_DATABASE_URL: 'postgres://worker:x@db.example.org/x' },
    /WORKER_DATABASE_URL goes to db.example.org in plain text/,
  ],
  ['verification switched off', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }, /NODE_TLS_REJECT_UNAUTHORIZED/],
  ['no database', { DATABASE_URL: undefined }, /DATABASE_URL is missing/],
])('database-url is red for %s', async (_, env, reason) => {
  expect(await light()).toBe('green');
  expect(await light(env)).toBe('red');
  expect(await reasons(env)).toMatch(reason);
});

test('an address that needs IPv6 is yellow', async () => {
  const env = {
    DATABASE_CA_CERT: '-----BEGIN CERTIFICATE-----',
    MIGRATE_DATABASE_URL: 'postgres://postgres:x@db.abcdefghij.supabase.co:5432/postgres?sslmode=require',
  };
  expect(await light(env)).toBe('yellow');
  expect(await reasons(env)).toMatch(/IPv6 address alone/);
});

test('an app that connects as the owner of the tables is yellow', async () => {
  expect(await light({ MIGRATE_DATABASE_URL: undefined })).toBe('yellow');
  expect(await light({ MIGRATE_DATABASE_URL: GOOD.DATABASE_URL })).toBe('yellow');
});
