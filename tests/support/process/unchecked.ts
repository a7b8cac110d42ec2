import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';

const FILE = '.data/unchecked.txt';

/** Records a check that is skipped on this machine, for the summary of `npm test`. */
export function reportUnchecked(check: string, why: string): void {
  mkdirSync('.data', { recursive: true });
  appendFileSync(FILE, `not checked: ${check}, because ${why}\n`);
}

/** Returns and clears the recorded skips. */
export function takeUnchecked(): string[] {
  try {
    const lines = readFileSync(FILE, 'utf8').split('\n').filter(Boolean);
    rmSync(FILE);
    return [...new Set(lines)];
  } catch {
    return [];
  }
}
