/**
 * The way into `npm run up`, `npm run dev`, `npm test` and the like from a bare checkout: installs what the lock file asks for, then runs
 * scripts/dev/<name>.ts with the Node that the lock file pins. Plain JavaScript without dependencies, because at this moment the host's
 * Node, one that package.json's `engines` allows, may be all there is.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const PARENT_POLL_MS = 200;
/** A checkout from before .gitattributes, or one that an editor went over: shell scripts would not start, and checksums would differ. */
const CRLF = `This checkout has CRLF line ends. Commit or stash what you changed, then write the files anew:
  git rm -r -q --cached . && git reset --hard`;
/** What npm said is not what is there. */
const HALF_INSTALLED =
  'npm ended without an error and left node_modules incomplete: run it again, or use another npm (npm install -g npm).';
/** These run the product alone, and start without the development dependencies: half of the packages and of the time. */
const PRODUCT_ONLY = ['up', 'dev'];

async function main() {
  const [script, ...args] = process.argv.slice(2);
  const file = join(ROOT, 'scripts', 'dev', `${script}.ts`);
  if (!script || !existsSync(file)) return stop('usage: node scripts/bootstrap.mjs <script> [arguments]');
  const engines = readJson('package.json').engines.node;
  if (!isAllowed(process.versions.node, engines)) {
    return stop(`Node ${engines} is needed to start, and this is ${process.versions.node}: install another.`);
  }
  if (readFileSync(fileURLToPath(import.meta.url), 'utf8').includes('\r')) return stop(CRLF);
  // Who has the development dependencies keeps them.
  const isWhole = !PRODUCT_ONLY.includes(script) || hasDevelopmentPackages();
  if (!isInstalled(isWhole)) {
    const code = await install(isWhole);
    if (code !== 0) return stop(`the installation failed with exit code ${code}: the lines above say why.`, code);
    // An npm that loses its network, or dies inside a handler of its own, may end with 0 and half of the packages.
    if (!isInstalled(isWhole)) return stop(HALF_INSTALLED, 1);
  }
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` };
  if (isClientStale()) {
    const code = await run(join(BIN, 'prisma'), ['generate'], env);
    if (code !== 0) return stop(`prisma generate failed with exit code ${code}: the lines above say why.`, code);
  }
  process.exitCode = await run(join(BIN, 'node'), [file, ...args], env);
}

/** Whether a version is in a range of the form `^20.19 || >=24.0`, which is all that `engines` uses. */
function isAllowed(version, range) {
  const [major, minor] = version.split('.').map(Number);
  return range.split('||').some((part) => {
    const [, sign, wantedMajor, wantedMinor] = /^\s*(\^|>=)(\d+)\.(\d+)\s*$/.exec(part);
    if (major === Number(wantedMajor)) return minor >= Number(wantedMinor);
    return sign === '>=' && major > Number(wantedMajor);
  });
}

/**
 * Whether node_modules holds exactly the versions of the lock file; packages for other platforms may be absent, and those for development
 * unless the whole is wanted.
 */
function isInstalled(isWhole) {
  const { wanted, present } = lists();
  if (!wanted || !present || !existsSync(join(BIN, 'node'))) return false;
  const same = Object.entries(wanted).every(([path, { version, integrity, optional, dev }]) => {
    const found = present[path];
    if (path === '') return true;
    return found ? found.version === version && found.integrity === integrity : optional || (dev && !isWhole);
  });
  return same && Object.keys(present).every((path) => path in wanted);
}

function hasDevelopmentPackages() {
  const { wanted = {}, present = {} } = lists();
  return Object.keys(present).some((path) => wanted[path]?.dev);
}

/** The packages of the lock file, and those that npm noted as it installed them. */
const lists = () => ({
  wanted: readJson('package-lock.json')?.packages,
  present: readJson(join('node_modules', '.package-lock.json'))?.packages,
});

/** A pull may bring another schema with the same lock file, and then no installation makes the database client anew. */
function isClientStale() {
  const made = statSync(join(ROOT, 'prisma/client/client.ts'), { throwIfNoEntry: false });
  return !made || made.mtimeMs < statSync(join(ROOT, 'prisma/schema.prisma')).mtimeMs;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
  } catch {
    return undefined;
  }
}

async function install(isWhole) {
  const started = Date.now();
  const command = installation(isWhole);
  process.stdout.write(`packages: node_modules does not match package-lock.json, running npm ${command.join(' ')}\n`);
  // Started by npm, its own path is known; `npm` in PATH serves a direct call.
  const npm = process.env.npm_execpath;
  const flags = [...command, '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await (npm ? run(process.execPath, [npm, ...flags], process.env) : run('npm', flags, process.env));
  if (code === 0) process.stdout.write(`packages: installed in ${Math.round((Date.now() - started) / 1000)} s\n`);
  return code;
}

/** To what the product has, the rest is added in place: an installation may be running from it. All else begins with an empty folder. */
function installation(isWhole) {
  if (!isWhole) return ['ci', '--omit=dev'];
  // NODE_ENV=production would leave them out.
  return isInstalled(false) ? ['install', '--no-save', '--include=dev'] : ['ci', '--include=dev'];
}

/** Runs a command to its end, handing signals on. Resolves to its exit code, or to 128 + the signal that ended it. */
function run(command, args, env) {
  return new Promise((resolve) => {
    // The channel carries nothing: its end tells the script that this process was killed.
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    const handOn = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, handOn);
    // npm starts this through a shell and stops only the shell, which leaves orphans.
    const parent = process.ppid;
    const watch = setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), PARENT_POLL_MS);
    if (!process.env.npm_lifecycle_event) clearInterval(watch);
    const end = (code) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, handOn);
      resolve(code);
    };
    child.on('error', (error) => {
      process.stderr.write(`${command} cannot be started: ${error.message}\n`);
      end(127);
    });
    child.on('exit', (code, signal) => end(code ?? { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal] ?? 137));
  });
}

function stop(message, code = 2) {
  process.stderr.write(`${message}\n`);
  process.exitCode = code;
}

await main();
