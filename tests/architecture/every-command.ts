/**
 * Run by commands.test.ts as a process of its own: begins every command of scripts/ with each of the arguments given, one after another in
 * this one process, where what they share is loaded once; a process for each would cost a minute. Prints a JSON line for each.
 */
import { globSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const print = console.log;

const ARGUMENTS = process.argv.slice(2);

for (const name of globSync('**/*.ts', { cwd: 'scripts', exclude: ['**/support/**', 'ecs/**', '**/*.test.ts'] })) {
  for (const argument of ARGUMENTS) print(JSON.stringify({ name, argument, ...(await begin(name, argument)) }));
}
// Clients that a command would close at its end hold the process.
process.exit(0);

async function begin(name: string, argument: string) {
  const said = { stdout: '', stderr: '' };
  console.log = (text: string) => void (said.stdout += `${text}\n`);
  console.error = (text: string) => void (said.stderr += `${text}\n`);
  process.exitCode = 0;
  const file = `scripts/${name}`;
  process.argv = [process.execPath, file, argument];
  // The query makes it another module, which runs again.
  const thrown = await import(`${pathToFileURL(file).href}?${argument}`).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  return { code: process.exitCode, ...said, thrown };
}
