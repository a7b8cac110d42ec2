import { once } from 'node:events';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { commitOf } from '../../scripts/dev/support/installation/commit.ts';
import { freePort } from '../support/postgres/postgres.ts';
import { makeSecrets } from '../support/process/secrets.ts';
import { dataFolder, processesOf, startUp } from './support/up.ts';

const READY = 'Ctrl-C stops everything.';

test.describe('npm run up', () => {
  test('serves the app, from nothing after --reset; keeps the data over a kill -9 and a second start; Ctrl-C leaves no process', async () => {
    await using data = await dataFolder();
    const args = ['--port', String(await freePort())];

    await leftBehind(data.folder);

    const first = startUp(data.folder, [...args, '--reset']);
    await first.prints(READY);
    expect(await readdir(join(data.folder, 'postgres'))).not.toContain('of-before');
    const password = /admin@example.org +(\S+)/.exec(first.output())?.[1];
    expect(password).not.toBe('of-before');
    expect((await stat(join(data.folder, 'secrets.json'))).mode & 0o777).toBe(0o600);

    const twin = startUp(data.folder, ['--port', String(await freePort())]);
    expect(await twin.ended).toBe(4);
    expect(twin.output().trim()).toMatch(
      /^golive: it is already running on this folder, as process \d+: stop that one first$/,
    );

    for (const { pid, command } of await processesOf(data.folder))
      if (/up\.ts|bootstrap\.mjs/.test(command)) process.kill(pid, 'SIGKILL');
    await first.ended;

    const second = startUp(data.folder, args);
    await second.prints(READY);
    expect(second.output()).toContain('recovered');
    expect(second.output()).toContain(`admin@example.org      ${password}`);
    const health = await fetch(`http://localhost:${args[1]}/api/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ commit: (await commitOf('.')) ?? null });

    // Another address of the loopback stands for every other address of this machine.
    await expect(fetch(`http://127.0.0.2:${args[1]}/api/health`)).rejects.toThrow();

    // As the terminal does it: to every process of the foreground group.
    process.kill(-(second.child.pid ?? 0), 'SIGINT');
    await second.ended;
    expect(second.output().trim().split('\n').at(-1)).toBe('stopping');
    expect(await processesOf(data.folder)).toEqual([]);
  });

  test('a SIGTERM in the middle of a step stops what was started', async () => {
    await using data = await dataFolder();
    const up = startUp(data.folder, ['--port', String(await freePort())]);
    await up.prints('migrate');
    up.child.kill('SIGTERM');
    expect(await up.ended).not.toBe(0);
    await expect.poll(() => processesOf(data.folder)).toEqual([]);
    expect(up.output()).toContain('golive: stopped before it was up');
  });

  test('says in one line why it cannot start', async () => {
    await using data = await dataFolder();
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    const cases = [
      {
        args: ['--port', String(port)],
        code: 3,
        line: `golive: port ${port} is taken: choose another with -- --port N`,
      },
      { args: ['--port', 'web'], code: 2, line: 'golive: "web" is not a port: --port, or PORT, takes 1 to 65535' },
      { args: ['--colour'], code: 2, line: "golive: Unknown option '--colour'; --help shows the usage" },
      {
        args: ['--reset'],
        env: { DATABASE_URL: 'postgres://a@127.0.0.1:1/b' },
        code: 2,
        line: 'golive: --reset deletes the embedded database only: unset DATABASE_URL',
      },
    ];
    for (const { args, env, code, line } of cases) {
      const up = startUp(data.folder, args, env);
      expect(await up.ended, line).toBe(code);
      expect(up.output().trim()).toBe(line);
    }
    listener.close();
  });
});

/** A data folder of an installation before: a database and passwords. */
async function leftBehind(folder: string): Promise<void> {
  await mkdir(join(folder, 'postgres'));
  await writeFile(join(folder, 'postgres', 'of-before'), '');
  const secrets = makeSecrets();
  const accounts = { ...secrets.accounts, admin: 'of-before' };
  await writeFile(join(folder, 'secrets.json'), JSON.stringify({ ...secrets, accounts }));
}
