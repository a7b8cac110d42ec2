import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { execute } from '../../support/postgres/postgres.ts';
import { reportUnchecked } from '../../support/process/unchecked.ts';
import { haveTool } from '../../support/required-tools.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from './release-cluster.ts';

const tools = haveTool('pg_dump', 'what would stop a restore is found before anything is removed');
let server: ReleaseCluster;
let dir: string;
let file: string;
let name: string;
let targets = 0;

beforeAll(async () => {
  server = await releaseCluster();
  dir = await scratch('restore-refused');
  file = join(dir, 'words.dump');
  await server.create('source');
  await execute(server.owner('source'), `CREATE TABLE word AS SELECT 'new' AS text`);
  if (tools) expect((await run('scripts/backup.sh', [file], migrateEnvironment(server, 'source'))).code).toBe(0);
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  name = `target_${targets++}`;
  await server.create(name);
  await execute(server.owner(name), `CREATE TABLE word AS SELECT 'old' AS text`);
});

/** Restores over the target and wants that refused, with what was there still there. */
async function refused(code: number, words: RegExp, environment: Record<string, string> = {}, backup = file) {
  const ran = await run('scripts/restore.sh', [backup, '--confirm', name], {
    ...migrateEnvironment(server, name),
    ...environment,
  });
  expect(ran).toMatchObject({ code, out: expect.stringMatching(words) as string });
  const client = new pg.Client({ connectionString: server.cluster.url(name) });
  await client.connect();
  try {
    expect((await client.query('SELECT text FROM word')).rows).toEqual([{ text: 'old' }]);
  } finally {
    await client.end();
  }
}

/** Puts a command of one's own before the real one. */
async function instead(command: string, body: string): Promise<Record<string, string>> {
  const real = (await run('which', [command])).out.trim();
  const bin = join(dir, `bin-${(await readdir(dir)).length}`);
  await mkdir(bin);
  await writeFile(join(bin, command), `#!/bin/bash\nREAL=${real}\n${body}\n`);
  await chmod(join(bin, command), 0o755);
  return { PATH: `${bin}:${process.env.PATH}` };
}

/** The backup under a manifest that says something else. */
async function withManifest(change: (text: string) => string): Promise<string> {
  const copy = join(dir, `copy-${(await readdir(dir)).length}.dump`);
  await writeFile(copy, await readFile(file));
  await writeFile(`${copy}.manifest.json`, change(await readFile(`${file}.manifest.json`, 'utf8')));
  return copy;
}

test.runIf(tools)('a role that may make nothing', async () => {
  const words = /golive_app may make nothing in schema public.*DATABASE_URL="\$MIGRATE_DATABASE_URL"/;
  await refused(5, words, { DATABASE_URL: server.app(name), MIGRATE_DATABASE_URL: '' });
});

test.runIf(tools)('a table of somebody else under a name of the backup', async () => {
  await execute(server.cluster.url(name), 'ALTER TABLE word OWNER TO postgres');
  await refused(5, /cannot be replaced by golive_owner: table public\.word of postgres/);
});

test.runIf(tools)('a schema that the role may not make', async () => {
  await execute(server.owner('source'), 'CREATE SCHEMA pgboss', 'CREATE TABLE pgboss.job (id int)');
  const both = join(dir, 'both.dump');
  expect((await run('scripts/backup.sh', [both], migrateEnvironment(server, 'source'))).code).toBe(0);
  await execute(server.cluster.url(), `ALTER DATABASE ${name} OWNER TO postgres`);
  await execute(server.cluster.url(name), 'GRANT ALL ON SCHEMA public TO golive_owner');
  await refused(5, /golive_owner may make no schema in .* needs pgboss/, {}, both);
});

test.runIf(tools)('a server without room, where its disk can be asked', async () => {
  const huge = await withManifest((text) => text.replace(/"dataBytes": \d+/, '"dataBytes": 9000000000000000'));
  // Whoever may read where the server keeps its data, and stands beside it.
  const superuser = { DATABASE_URL: server.cluster.url(name), MIGRATE_DATABASE_URL: '' };
  if (process.getuid?.() === 0) await refused(5, /no room/, superuser, huge);
  else
    reportUnchecked(
      'a restore asks the disk of a server on this machine',
      'only root may look into the folder of its data',
    );
});

test.runIf(tools)('a dump that a newer client wrote', async () => {
  const old = await instead(
    'pg_restore',
    `[[ $1 == --version ]] && exec "$REAL" --version\necho 'pg_restore: error: unsupported version (1.99) in file header' >&2; exit 1`,
  );
  const written = await withManifest((text) => text.replace(/"client": "\d+"/, '"client": "19"'));
  await refused(3, /older than the dump.*postgresql-client-19/, old, written);
});

test.runIf(tools)('a psql that does not read what pg_restore writes', async () => {
  // As psql before the release that brought \restrict.
  const old = await instead(
    'psql',
    `if [[ " $* " == *" -f - "* ]]; then input=$(cat); [[ $input != *restrict* ]] || { echo 'invalid command \\restrict' >&2; exit 3; }; "$REAL" "$@" <<<"$input"; else exec "$REAL" "$@"; fi`,
  );
  const writes = await instead(
    'pg_restore',
    `if [[ " $* " == *" --file=- "* ]]; then echo '\\restrict word'; "$REAL" "$@" | grep -v restrict; echo '\\unrestrict word'; else exec "$REAL" "$@"; fi`,
  );
  await refused(3, /install both of one version/, { PATH: `${writes.PATH?.split(':')[0]}:${old.PATH}` });
});

test.runIf(tools)('an encryption that this release does not know', async () => {
  const strange = await withManifest((text) => text.replace('"encryption": "none"', '"encryption": "rot13"'));
  await refused(4, /does not know: rot13/, {}, strange);
});
