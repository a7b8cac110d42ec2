import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from '../../support/postgres/postgres.ts';
import { haveTool } from '../../support/required-tools.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from './release-cluster.ts';

const tools = haveTool('pg_dump', 'encrypted backups hold no plain text and come back');
const age = tools && haveTool('age', 'backups encrypted with age come back with their key and with no other');
const gpg = tools && haveTool('gpg', 'backups encrypted with gpg come back with their key and with no other');

let server: ReleaseCluster;
let dir: string;
const homes: string[] = [];

beforeAll(async () => {
  server = await releaseCluster();
  dir = await scratch('encryption');
  await server.create('source');
  await execute(server.owner('source'), `CREATE TABLE word AS SELECT 'needle' AS text`);
});

afterAll(async () => {
  // gpg leaves an agent behind for each of its homes.
  for (const home of homes) execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Writes a backup, sees that it is not readable, that the wrong key is named as such, and that the right one brings it back. */
async function roundTrip(name: string, write: Environment, right: Environment, wrong: Environment) {
  const file = join(dir, `${name}.dump`);
  const written = await run('scripts/backup.sh', [file], { ...migrateEnvironment(server, 'source'), ...write });
  expect(written, written.out).toMatchObject({ code: 0 });
  const text = await readFile(file);
  for (const plain of ['PGDMP', 'needle']) expect(text.includes(plain), plain).toBe(false);
  await server.create(name);
  const restore = (key: Environment) =>
    run('scripts/restore.sh', [file], { ...migrateEnvironment(server, name), ...key });
  const refused = await restore(wrong);
  expect(refused).toMatchObject({ code: 6, out: expect.stringMatching(/^[^\n]*wrong key: .+\n$/) as string });
  const restored = await restore(right);
  expect(restored, restored.out).toMatchObject({ code: 0, out: expect.stringContaining('rows as in') as string });
}

type Environment = Record<string, string>;

async function gnupgHome(name: string, uid?: string): Promise<string> {
  const home = join(dir, name);
  await mkdir(home, { mode: 0o700 });
  homes.push(home);
  const make = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', '--quick-gen-key'];
  if (uid !== undefined)
    execFileSync('gpg', [...make, uid, 'future-default', 'default', 'never'], {
      env: { ...process.env, GNUPGHOME: home },
      stdio: 'ignore',
    });
  return home;
}

test.runIf(age)('a backup for an age recipient', async () => {
  const identity = (name: string) => {
    const text = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const recipient = /public key: (age1\w+)/.exec(text)?.[1] ?? '';
    return { file: join(dir, name), text, recipient };
  };
  const [own, other] = [identity('own.age'), identity('other.age')];
  for (const { file, text } of [own, other]) await writeFile(file, text, { mode: 0o600 });
  await roundTrip(
    'aged',
    { BACKUP_AGE_RECIPIENT: own.recipient },
    { BACKUP_AGE_IDENTITY: own.file },
    { BACKUP_AGE_IDENTITY: other.file },
  );
  const unnamed = await run('scripts/restore.sh', [join(dir, 'aged.dump')], migrateEnvironment(server, 'source'));
  expect(unnamed).toMatchObject({ code: 6, out: expect.stringContaining('set BACKUP_AGE_IDENTITY') as string });
});

test.runIf(gpg)('a backup for a gpg recipient', async () => {
  const GNUPGHOME = await gnupgHome('keys', 'backup@example.org');
  const other = await gnupgHome('others', 'other@example.org');
  const write = { BACKUP_GPG_RECIPIENT: 'backup@example.org', GNUPGHOME };
  await roundTrip('gpg', write, { GNUPGHOME }, { GNUPGHOME: other });
});

test.runIf(gpg)('a backup under a passphrase', async () => {
  const GNUPGHOME = await gnupgHome('no-keys');
  const [right, wrong] = [join(dir, 'right'), join(dir, 'wrong')];
  await writeFile(right, 'right');
  await writeFile(wrong, 'wrong');
  const key = (BACKUP_PASSPHRASE_FILE: string) => ({ BACKUP_PASSPHRASE_FILE, GNUPGHOME });
  await roundTrip('phrase', key(right), key(right), key(wrong));
});

test.runIf(age)('a recipient that is none leaves no file and says so', async () => {
  const file = join(dir, 'nobody.dump');
  const environment = { ...migrateEnvironment(server, 'source'), BACKUP_AGE_RECIPIENT: 'age1nobody' };
  const ran = await run('scripts/backup.sh', [file], environment);
  expect(ran).toMatchObject({ code: 6, out: expect.stringContaining('encryption failed') as string });
  await expect(readFile(file)).rejects.toThrow(/ENOENT/);
});
