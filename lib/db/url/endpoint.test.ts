import { expect, test } from 'vitest';
import { endpointOf } from './endpoint.ts';
import { readDatabaseUrl } from './read.ts';

const at = (rest: string) => endpointOf(readDatabaseUrl(`postgres://u:p@${rest}`));

test.each([
  'aws-0-eu-central-1.pooler.supabase.com:6543/postgres',
  'AWS-1-EU-WEST-1.POOLER.SUPABASE.COM:6543/postgres?pgbouncer=true',
  'db.abcdefghijklmnopqrst.supabase.co:6543/postgres',
  'supabase.example.org:6543/postgres',
  'ep-cool-night-123456-pooler.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require',
  'ep-x-pooler.c-2.us-east-1.aws.neon.tech:5432/neondb',
  'ep-x-pooler.eastus2.azure.neon.tech./neondb',
  'shop.proxy-abc123.eu-central-1.rds.amazonaws.com/app',
  'reader.endpoint.proxy-abc123.eu-central-1.rds.amazonaws.com/app',
  'shop.proxy-abc123.cn-north-1.rds.amazonaws.com.cn/app',
  'shop.postgres.database.azure.com:6432/app',
  'shop-do-user-1-0.b.db.ondigitalocean.com:25061/pool',
  'db.example.org/app?pgbouncer=true',
  'db.example.org:6432/app?schema=public&pgbouncer=true',
])('%s gives each transaction another session, and where to go instead is said', (rest) => {
  expect(at(rest)).toMatchObject({ sessions: 'by transaction', instead: expect.stringMatching(/\w/) as string });
});

test.each([
  'aws-0-eu-central-1.pooler.supabase.com:5432/postgres',
  'db.abcdefghijklmnopqrst.supabase.co:5432/postgres',
  'ep-cool-night-123456.eu-central-1.aws.neon.tech/neondb',
  'monorail.proxy.rlwy.net:34567/railway',
  'postgres.railway.internal:5432/railway',
  'shop.abc123.eu-central-1.rds.amazonaws.com/app',
  'shop.cluster-abc123.eu-central-1.rds.amazonaws.com/app',
])('%s keeps a session', (rest) => {
  expect(at(rest).sessions).toBe('kept');
});

test.each(['127.0.0.1:6432/app', 'pgbouncer.railway.internal:6432/app', '[::1]:5432/app', 'my-pooler.example.org/app'])(
  'of %s nothing is guessed',
  (rest) => {
    expect(at(rest).sessions).toBe('unknown');
  },
);

test('who alone reaches an address is known of Supabase’s direct connection and of Railway’s private network', () => {
  expect(at('db.abcdefghijklmnopqrst.supabase.co/postgres').reachedBy).toBe('ipv6');
  expect(at('postgres.railway.internal/railway').reachedBy).toBe('private network');
  expect(at('monorail.proxy.rlwy.net:1/railway').reachedBy).toBeUndefined();
});
