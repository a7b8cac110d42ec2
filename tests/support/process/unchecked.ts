import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';

const FILE = '.data/unchecked.txt';

/** Remembers a promise that this machine cannot check, for the last lines of `npm test`. */
export function noteUnchecked(promise: string, why: string): void {
  mkdirSync('.data', { recursive: true });
  appendFileSync(FILE, `not checked: ${promise}, because ${why}\n`);
}

/** Hands out what was remembered since the last call, and forgets it. */
export function takeUnchecked(): string[] {
  try {
    const lines = readFileSync(FILE, 'utf8').split('\n').filter(Boolean);
    rmSync(FILE);
    return [...new Set(lines)];
  } catch {
    return [];
  }
}
