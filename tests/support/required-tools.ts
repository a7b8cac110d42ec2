import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { reportUnchecked } from './process/unchecked.ts';

/** Debian packages that hold the tools some promises need. */
const PACKAGES = {
  pg_dump: 'postgresql-client',
  psql: 'postgresql-client',
  python3: 'python3',
  unzip: 'unzip',
  pgbouncer: 'pgbouncer',
  curl: 'curl',
  age: 'age',
  gpg: 'gnupg',
} as const;

const present = (tool: string) => spawnSync('which', [tool]).status === 0;

/**
 * Whether a tool is here, after installing its package where that is allowed: as root on Debian. Where it is not, the promise that
 * goes unchecked is named at the end of `npm test`.
 */
export function haveTool(tool: keyof typeof PACKAGES, check: string): boolean {
  if (present(tool)) return true;
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    const limits = { stdio: 'ignore', timeout: 120_000 } as const;
    spawnSync('apt-get', ['update'], limits);
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', PACKAGES[tool]], limits);
    if (present(tool)) return true;
  }
  reportUnchecked(check, `${tool} is not here and could not be installed (Debian: ${PACKAGES[tool]})`);
  return false;
}
