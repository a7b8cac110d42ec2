import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { signingKey } from '../../lib/audit/signing.ts';
import { loadSecrets, type Secrets } from './secrets.ts';

let folder: string;

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'golive-secrets-'))));
afterEach(() => rm(folder, { recursive: true }));

const keyOf = ({ nextAuth, auditSigning }: Secrets) =>
  signingKey({ NEXTAUTH_SECRET: nextAuth, AUDIT_SIGNING_KEY: auditSigning }).id;

test('a new installation signs its log with a key of its own, and keeps it in a file that nobody else can read', async () => {
  const first = await loadSecrets(folder);
  expect(keyOf(first)).not.toBe(signingKey({ NEXTAUTH_SECRET: first.nextAuth }).id);
  expect(await loadSecrets(folder)).toEqual(first);
  expect((await stat(join(folder, 'secrets.json'))).mode & 0o077).toBe(0);
});

test('an installation from before there was such a key goes on with the one that its log is signed with', async () => {
  const old: Secrets = await loadSecrets(folder);
  delete old.auditSigning;
  await writeFile(join(folder, 'secrets.json'), JSON.stringify(old));
  expect(keyOf(await loadSecrets(folder))).toBe(signingKey({ NEXTAUTH_SECRET: old.nextAuth }).id);
});
