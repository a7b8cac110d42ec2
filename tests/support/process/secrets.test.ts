import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { loadSecrets, type Secrets } from './secrets.ts';

let folder: string;

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'golive-secrets-'))));
afterEach(() => rm(folder, { recursive: true }));

const keyOf = ({ nextAuth, auditSigning }: Secrets) =>
  signingKey({ NEXTAUTH_SECRET: nextAuth, AUDIT_SIGNING_KEY: auditSigning }).id;

test('a new installation has its own signing key in a file with mode 0600', async () => {
  const first = await loadSecrets(folder);
  expect(keyOf(first)).not.toBe(signingKey({ NEXTAUTH_SECRET: first.nextAuth }).id);
  expect(await loadSecrets(folder)).toEqual(first);
  expect((await stat(join(folder, 'secrets.json'))).mode & 0o077).toBe(0);
});

test('an older installation keeps its derived signing key', async () => {
  const old: Secrets = await loadSecrets(folder);
  delete old.auditSigning;
  await writeFile(join(folder, 'secrets.json'), JSON.stringify(old));
  expect(keyOf(await loadSecrets(folder))).toBe(signingKey({ NEXTAUTH_SECRET: old.nextAuth }).id);
});

test('secrets that are damaged or cannot be read are neither used nor replaced, and the error names the file', async () => {
  const file = join(folder, 'secrets.json');
  for (const damaged of ['', '{"superuser":"a"}', 'null']) {
    await writeFile(file, damaged);
    await expect(loadSecrets(folder)).rejects.toThrow(`${file} is damaged: put it back, or begin anew with --reset`);
    expect(await readFile(file, 'utf8')).toBe(damaged);
  }
  await rm(file);
  await mkdir(file);
  await expect(loadSecrets(folder)).rejects.toThrow(`${file} cannot be read (EISDIR)`);
});

test('secrets come to their place in one move: a write that fails leaves no half of them there', async () => {
  await mkdir(join(folder, 'secrets.json.new'));
  await expect(loadSecrets(folder)).rejects.toThrow('EISDIR');
  expect(await readdir(folder)).toEqual(['secrets.json.new']);
});
