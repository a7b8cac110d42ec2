/** `npm run preflight:prod`: runs the preflight checks of a deployment. Exit 1 on red. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv as parseDotEnv, styleText } from 'node:util';
import { runCheck, type Context, type CommandResult, type CheckResult } from '#lib/release/preflight/check.ts';
import { CHECKS } from '#lib/release/preflight/checks.ts';
import { type Given, reason, runCommand, WrongUsage } from '../support/run-command.ts';

const ENV_FILE = '.env.local';
const USAGE = `npm run preflight:prod -- [options]

  --env-file FILE       the variables that will be deployed; without it this process's environment if that has a DATABASE_URL,
                        or else ${ENV_FILE} of this checkout
  --first-deployment    nothing runs yet: NEXTAUTH_URL must be absent
  --only a,b            run these checks; the others are shown as skipped
  --skip a,b            leave these out; they are shown as skipped
  --json                one JSON object on the last line
  --list                name the checks

Exit: 0 nothing is red, 1 something is red, 2 wrong arguments, 3 could not check. Skipped is not green: only a run without skips is a whole preflight.`;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const OPTIONS = {
  'env-file': { type: 'string' },
  'first-deployment': { type: 'boolean', default: false },
  only: { type: 'string' },
  skip: { type: 'string' },
  json: { type: 'boolean', default: false },
  list: { type: 'boolean' },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  if (values.list) {
    console.log(CHECKS.map(({ name, description }) => `${name.padEnd(14)}${description}`).join('\n'));
    return 0;
  }
  const [only, skip] = [names(values.only), names(values.skip)];
  const unknown = [...(only ?? []), ...(skip ?? [])].filter((name) => !CHECKS.some((check) => check.name === name));
  if (unknown.length > 0) throw new WrongUsage(`there is no check "${unknown.join('", "')}"; --list names them`);

  const context = makeContext(values['env-file'], values['first-deployment']);
  const results: CheckResult[] = [];
  for (const check of CHECKS) {
    const wanted = (only?.includes(check.name) ?? true) && !skip?.includes(check.name);
    const { name, description } = check;
    const result = wanted
      ? await runCheck(check, context)
      : { name, description, light: 'skipped' as const, findings: [] };
    results.push(result);
    if (!values.json) print(result);
  }
  const count = (light: string) => results.filter((result) => result.light === light).length;
  const summary = { green: count('green'), yellow: count('yellow'), red: count('red'), skipped: count('skipped') };
  if (values.json) console.log(JSON.stringify({ ...summary, checks: results }));
  else
    console.log(
      `\n${Object.entries(summary)
        .map(([light, n]) => `${n} ${light}`)
        .join(', ')}`,
    );
  return summary.red > 0 ? 1 : 0;
}

const names = (text: string | undefined) => text?.split(',').filter(Boolean);

function makeContext(file: string | undefined, firstDeployment: boolean): Context {
  const env = deployedVariables(file);
  // Commands run with the deployed variables in addition to the local ones, but without NODE_ENV=production, so that npm keeps development
  // dependencies.
  const commandEnv = {
    ...process.env,
    ...env,
    NODE_ENV: undefined,
    PATH: `${ROOT}node_modules/.bin:${process.env.PATH}`,
  };
  const run = (command: string, args: string[]) =>
    new Promise<CommandResult>((resolve) => {
      const options = { cwd: ROOT, env: commandEnv as unknown as NodeJS.ProcessEnv, maxBuffer: 64 * 1024 * 1024 };
      execFile(command, args, options, (error, stdout, stderr) =>
        resolve({
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1,
          output: stdout + stderr,
        }),
      );
    });
  return { root: ROOT, env, firstDeployment, run };
}

/** @throws WrongUsage when the named file cannot be read. */
function deployedVariables(named: string | undefined): NodeJS.Dict<string> {
  const fallback = join(ROOT, ENV_FILE);
  const file = named ?? (process.env.DATABASE_URL === undefined && existsSync(fallback) ? fallback : undefined);
  if (file !== undefined) {
    try {
      const env = parseDotEnv(readFileSync(file, 'utf8'));
      if (named === undefined) console.error(`preflight:prod: the variables of ${ENV_FILE}`);
      return env;
    } catch (error) {
      throw new WrongUsage(`--env-file: ${reason(error)}`);
    }
  }
  if (process.env.DATABASE_URL === undefined)
    console.error(`preflight:prod: no DATABASE_URL here and no ${ENV_FILE}: name the file to deploy with --env-file`);
  return process.env;
}

const COLOURS = { green: 'green', yellow: 'yellow', red: 'red', skipped: 'gray' } as const;

function print({ name, light, findings, description }: CheckResult): void {
  const label = styleText(COLOURS[light], light.toUpperCase().padEnd(8));
  if (findings.length === 0) console.log(`${label} ${name.padEnd(14)} not run: ${description}`);
  for (const finding of findings) {
    const colour = styleText(COLOURS[finding.light], finding.light.toUpperCase().padEnd(8));
    console.log(`${colour} ${name.padEnd(14)} ${finding.reason}`);
    if (finding.fix) console.log(`${' '.repeat(24)}→ ${finding.fix}`);
  }
}

await runCommand({ name: 'preflight:prod', usage: USAGE, options: OPTIONS, failed: 3 }, main);
