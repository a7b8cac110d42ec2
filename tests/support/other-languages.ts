import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { reportUnchecked } from './process/unchecked.ts';

const SOURCES = 'tests/foreign';
const BUILT = resolve('.data/foreign');
/** A cold cache of modules on a busy machine. */
const LIMITS = { stdio: 'pipe', encoding: 'utf8', timeout: 300_000 } as const;

/** Programs in other languages, as a command for each of their names. */
export type ForeignPrograms = (program: 'send' | 'validate' | 'prove') => [file: string, args: string[]];

/**
 * The programs of tests/foreign/python with what they need from PyPI, in an environment of their own. Null where there is no Python or no
 * package index; the promise that goes unchecked is then named at the end of `npm test`.
 */
export function pythonPrograms(promise: string): ForeignPrograms | null {
  const source = `${SOURCES}/python`;
  const made = make(promise, 'python', [`${source}/requirements.txt`], (folder) => [
    ['python3', ['-m', 'venv', folder], '.'],
    // Its pip knows the path it was made under; Python finds its own.
    [`${folder}/bin/python`, ['-m', 'pip', 'install', '--quiet', '--requirement', `${source}/requirements.txt`], '.'],
  ]);
  return made === null ? null : (program) => [`${made}/bin/python`, [`${source}/${program}.py`]];
}

/** The programs of tests/foreign/go, built. Null where there is no Go or no module proxy, as for Python. */
export function goPrograms(promise: string): ForeignPrograms | null {
  const source = `${SOURCES}/go`;
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(go|mod|sum)$/.test(file),
  );
  const made = make(
    promise,
    'go',
    files.sort().map((file) => `${source}/${file}`),
    (folder) => [['go', ['build', '-o', `${folder}/`, '...'], source]],
  );
  return made === null ? null : (program) => [`${made}/${program}`, []];
}

/** `npm run test:foreign` asks every language; `npm test` leaves out Go, whose compiler takes a tenth of the time of all tests. */
export const everyLanguage = process.env.FOREIGN === 'full';

type Step = [file: string, args: string[], cwd: string];

/** Makes a folder once for each content of the files it depends on. Of two that do so at once, the second takes what the first has made. */
function make(promise: string, name: string, files: string[], steps: (folder: string) => Step[]): string | null {
  const contents = files.map((file) => readFileSync(file, 'utf8')).join('\0');
  const folder = `${BUILT}/${name}-${hash('sha256', contents, 'hex').slice(0, 16)}`;
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    for (const [file, args, cwd] of steps(partial)) {
      const { status, error, stderr } = spawnSync(file, args, { ...LIMITS, cwd });
      if (status === 0) continue;
      const why = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
      reportUnchecked(promise, `${file} ${args[0] ?? ''} failed: ${why.slice(0, 200)}`);
      return null;
    }
    if (!existsSync(folder)) renameSync(partial, folder);
    return folder;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
