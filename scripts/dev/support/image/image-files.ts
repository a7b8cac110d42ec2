import { chmod, chown, copyFile, cp, mkdir, readdir, readFile, realpath, stat, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { CLOCK_VARIABLE } from '../../../../tests/support/host.ts';
import { startProcess, type Running } from '../../../../tests/support/process/processes.ts';

const NOBODY = 65_534;

/** Runs the assembled files of an image target as a container would. */
export interface ImageFiles {
  /** The only writable folder. */
  scratch: string;
  /** Starts a command from the target's files with the container's environment. */
  start(target: 'runner' | 'migrator', command: readonly string[], env: Record<string, string>): Running;
}

/**
 * Makes the folder read-only and adds Node, npm and the Dockerfile's ENV.
 * @param folder holds `runner` and `migrator`.
 */
export async function openImageFiles(folder: string): Promise<ImageFiles> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await copyFile(process.execPath, join(bin, 'node'));
  await chmod(join(bin, 'node'), 0o755);
  await copyNpm(folder, bin);
  await readOnly(folder);
  const user = process.getuid?.() === 0 ? NOBODY : undefined;
  const scratch = join(folder, 'tmp');
  await mkdir(scratch);
  if (user !== undefined) await chown(scratch, user, user);
  // The clock is the host's, also where `npm run test:calendar` shifts it.
  const nothing = Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => !CLOCK_VARIABLE.test(name))
      .map((name) => [name, undefined]),
  );
  const fixed = await dockerfileEnv();
  const own = { PATH: `${bin}:/usr/bin:/bin`, HOME: scratch, TMPDIR: scratch, NPM_CONFIG_CACHE: scratch };
  return {
    scratch,
    start(target, command, env) {
      const shell = ['-c', 'cd "$0" && exec "$@"', join(folder, target), ...command];
      return startProcess('sh', shell, {
        env: { ...nothing, ...fixed, ...own, ...env },
        ...(user === undefined ? {} : { user }),
      });
    },
  };
}

/** Copies npm, because the host's may be unreadable for an unprivileged user. */
async function copyNpm(folder: string, bin: string): Promise<void> {
  const found = process.env.npm_execpath ?? whichNpm();
  if (found === undefined) throw new Error('npm is not in PATH: the migrator needs it');
  const cli = await realpath(found);
  await cp(dirname(dirname(cli)), join(folder, 'npm'), { recursive: true, dereference: true });
  await symlink('../../../npm/bin/npm-cli.js', join(bin, 'npm'));
}

const whichNpm = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((place) => join(place, 'npm'))
    .find((path) => existsSync(path));

/** The ENV of the Dockerfile, read from it. */
async function dockerfileEnv(): Promise<Record<string, string>> {
  const text = (await readFile('infra/image/Dockerfile', 'utf8')).replace(/\\\n\s*/g, ' ');
  const pairs = /^ENV (.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  const all = pairs.map((pair) => pair.split('=', 2) as [string, string]);
  return Object.fromEntries(all.filter(([, value]) => !value.includes('$')));
}

async function readOnly(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o555);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o111 ? 0o555 : 0o444);
  }
}

/** Total size of a folder in bytes. */
export async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}
