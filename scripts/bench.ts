/** `npm run bench -- NAME [options]`: runs a measurement of tests/bench. Its last line on stdout is one JSON object. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The export runs as its command does: short-lived rows are collected early, and the heap stays below 80 MiB. */
const FLAGS: Record<string, string[]> = { export: ['--max-semi-space-size=4', '--max-old-space-size=80'] };

const DIR = fileURLToPath(new URL('../tests/bench/', import.meta.url));

function main(): void {
  const [name, ...options] = process.argv.slice(2);
  const names = readdirSync(DIR, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => entry.name.slice(0, -3));
  if (name === undefined || name === '--help') {
    console.log(`npm run bench -- NAME [--rows N] [--json]\n\n${names.map((each) => `  ${each}`).join('\n')}`);
    console.log(
      '\nBENCH_DATABASE_URL names a migrated database to use instead of an embedded server (its audit log is filled).',
    );
    process.exitCode = name === undefined ? 2 : 0;
    return;
  }
  if (!names.includes(name) || !existsSync(`${DIR}${name}.ts`)) {
    console.error(`There is no measurement "${name}". There are: ${names.join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const child = spawn(process.execPath, [...(FLAGS[name] ?? []), `${DIR}${name}.ts`, ...options], {
    stdio: 'inherit',
    env: { LOG_LEVEL: 'error', ...process.env },
  });
  // A signal of the terminal reaches the child as well; we only wait for its end.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => (process.exitCode = signal === null ? (code ?? 1) : 1));
}

main();
