import { green, red, tail, type Check } from './check.ts';

/** Checks that are one command: green when it exits 0. */
function command(name: string, description: string, [program = '', ...args]: string[], fix: string): Check {
  return {
    name,
    description,
    async run({ run }) {
      const { code, output } = await run(program, args);
      return [code === 0 ? green(description) : red(`exit ${code}: ${tail(output)}`, fix)];
    },
  };
}

export const COMMAND_CHECKS: Check[] = [
  command('lint', 'eslint finds nothing', ['npm', 'run', '--silent', 'lint'], 'npm run lint'),
  command('types', 'the types hold', ['npm', 'run', '--silent', 'types'], 'npm run types'),
  command('unit', 'the unit tests pass', ['vitest', 'run', '--project', 'unit'], 'npx vitest --project unit'),
  command('build', 'the production build succeeds', ['npm', 'run', '--silent', 'build'], 'npm run build'),
  command(
    'contract',
    'railway.json and render.yaml say what the release contract says',
    ['npm', 'run', '--silent', 'release:files', '--', '--check'],
    'npm run release:files, then commit',
  ),
  command(
    'documents',
    'links, commands, files, variables and routes in the documents exist',
    ['npm', 'run', '--silent', 'docs:check'],
    'npm run docs:check',
  ),
];
