import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRailwayContext, project, validateGraph, type RailwayGraph, type ServiceNode } from 'railway/iac';
import { afterEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import railway from '../../.railway/railway.ts';
import {
  COMMANDS,
  DEFAULT_PORT,
  FORBIDDEN_IN_PRODUCTION,
  HEALTH_PATH,
  PROCESS_TABLE,
  PRUNE_SCHEDULE,
  TIMING,
  VARIABLES,
  variablesOf,
  type Process,
} from './contract.ts';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

interface RenderService {
  type: string;
  name: string;
  buildCommand: string;
  startCommand: string;
  preDeployCommand?: string;
  healthCheckPath?: string;
  maxShutdownDelaySeconds?: number;
  schedule?: string;
  envVars: { key: string; value?: string; sync?: boolean; fromService?: { name: string; envVarKey: string } }[];
}

const PLATFORM_PROCESSES = ['web', 'worker', 'prune'] as const satisfies Process[];
/** The web service migrates before its rollout, so it holds the variables of both processes. */
const operators = (process: Process) =>
  [...new Set(process === 'web' ? [...variablesOf('web'), ...variablesOf('migrate')] : variablesOf(process))]
    .filter((name) => VARIABLES[name].from === 'operator')
    .sort();

/** Compiles .railway/railway.ts to its graph, as the Railway CLI does before it plans. */
async function compile(environment: Record<string, string> = { GITHUB_REPOSITORY: 'owner/golive' }) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const definition = await railway(createRailwayContext({ environment: 'production' }), project);
  const graph: RailwayGraph = {
    version: 1,
    project: { name: definition.name },
    environments: [],
    resources: (definition.resources ?? []).flat(),
    edges: [],
  };
  expect(validateGraph(graph)).toEqual([]);
  return Object.fromEntries(graph.resources.map((node) => [node.name, node as ServiceNode]));
}

afterEach(() => vi.unstubAllEnvs());

test('the Railway graph holds web, worker and the prune cron, and nothing else', async () => {
  const { web, worker, prune, ...others } = await compile();
  expect(others).toEqual({});
  for (const node of [web, worker, prune])
    expect(node?.source).toMatchObject({ type: 'github', repo: 'owner/golive', branch: 'main' });
  expect(web?.deploy).toMatchObject({
    startCommand: COMMANDS.start,
    preDeployCommand: [COMMANDS.migrate],
    healthcheckPath: HEALTH_PATH,
    healthcheckTimeout: TIMING.deployHealth,
    drainingSeconds: TIMING.stop,
  });
  expect(worker?.deploy).toMatchObject({ startCommand: COMMANDS.worker, drainingSeconds: TIMING.stop });
  expect(prune?.deploy).toMatchObject({ startCommand: COMMANDS.prune, cronSchedule: PRUNE_SCHEDULE });
});

test('on Railway only web migrates and only web may have a domain', async () => {
  const RAILWAY_DOMAINS = 'golive.up.railway.app,app.example.org';
  const { web, worker, prune } = await compile({ GITHUB_REPOSITORY: 'owner/golive', RAILWAY_DOMAINS });
  expect(web?.networking).toEqual({
    serviceDomains: { 'golive.up.railway.app': {} },
    customDomains: { 'app.example.org': { port: 8080 } },
  });
  for (const node of [worker, prune]) {
    expect(node?.networking).toBeUndefined();
    expect(node?.deploy?.preDeployCommand).toBeUndefined();
    expect(node?.deploy?.healthcheckPath).toBeUndefined();
  }
});

test('railway.ts names every variable of each service with preserve(), so that none is planned for deletion', async () => {
  const services = await compile();
  for (const process of PLATFORM_PROCESSES) {
    const variables = services[process]?.variables ?? {};
    expect(Object.keys(variables).sort(), process).toEqual(operators(process));
    for (const [name, value] of Object.entries(variables))
      expect(value).toEqual(name === 'NODE_ENV' ? { type: 'literal', value: 'production' } : { type: 'preserve' });
  }
});

test('railway.ts refuses to compile without the repository: a service without a source would be deleted', async () => {
  await expect(compile({ GITHUB_REPOSITORY: '' })).rejects.toThrow(/GITHUB_REPOSITORY=owner\/name/);
});

test('railway.json says what the contract says, with numbers as numbers', () => {
  const { build, deploy } = JSON.parse(read('railway.json')) as Record<string, Record<string, unknown>>;
  expect(build).toMatchObject({ buildCommand: COMMANDS.build });
  expect(deploy).toMatchObject({
    preDeployCommand: [COMMANDS.migrate],
    startCommand: COMMANDS.start,
    healthcheckPath: HEALTH_PATH,
    healthcheckTimeout: TIMING.deployHealth,
    drainingSeconds: TIMING.stop,
  });
});

test('render.yaml runs the contract’s commands, and migrates before web only', () => {
  const { services } = parse(read('render.yaml')) as { services: RenderService[] };
  const [web, worker, prune, ...others] = services;
  expect(others).toEqual([]);
  expect(web).toMatchObject({
    type: 'web',
    startCommand: COMMANDS.start,
    preDeployCommand: COMMANDS.migrate,
    healthCheckPath: HEALTH_PATH,
    maxShutdownDelaySeconds: TIMING.stop,
  });
  expect(worker).toMatchObject({
    type: 'worker',
    startCommand: COMMANDS.worker,
    maxShutdownDelaySeconds: TIMING.stop,
  });
  expect(prune).toMatchObject({ type: 'cron', startCommand: COMMANDS.prune, schedule: PRUNE_SCHEDULE });
  for (const { buildCommand } of services) expect(buildCommand).toBe(`npm ci && ${COMMANDS.build}`);
  for (const service of [worker, prune]) expect(service?.preDeployCommand).toBeUndefined();
});

test('render.yaml lists exactly the variables of each process and holds no value but NODE_ENV', () => {
  const { services } = parse(read('render.yaml')) as { services: RenderService[] };
  PLATFORM_PROCESSES.forEach((process, index) => {
    const variables = services[index]?.envVars ?? [];
    expect(variables.map(({ key }) => key).sort(), process).toEqual(operators(process));
    for (const { key, value, sync, fromService } of variables) {
      expect(FORBIDDEN_IN_PRODUCTION).not.toContain(key);
      if (key === 'NODE_ENV') expect(value).toBe('production');
      else expect(value === undefined && (sync === false || fromService?.envVarKey === key), key).toBe(true);
    }
  });
});

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
/** What `npm run NAME` runs. */
const scriptOf = (command: string) => scripts[/^npm run (\S+)$/.exec(command)?.[1] ?? ''] ?? '';

test('every command of the contract is a script of package.json', () => {
  for (const [name, command] of Object.entries(COMMANDS)) expect(scriptOf(command), name).not.toBe('');
});

test('nothing stands between npm and what a platform may stop: the shell is replaced', () => {
  for (const process of PLATFORM_PROCESSES)
    expect(scriptOf(PROCESS_TABLE[process].command), process).toMatch(/^exec \w/);
});

test('the start command uses the contract’s listen address and keep-alive timeout', () => {
  expect(scriptOf(COMMANDS.start)).toContain(`-p \${PORT:-${DEFAULT_PORT}}`);
  expect(scriptOf(COMMANDS.start)).toContain(`--keepAliveTimeout ${TIMING.keepAlive * 1000}`);
});

test('the image states the contract’s port and keep-alive, runs its commands and no secret stands in it', () => {
  const dockerfile = read('infra/image/Dockerfile');
  const text = dockerfile.replace(/\\\n\s*/g, ' ');
  const env: Record<string, string> = Object.fromEntries(
    [...(/^ENV (.*)$/m.exec(text)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map(
      ([, name = '', value = '']) => [name, value] as const,
    ),
  );
  expect(env).toMatchObject({
    NODE_ENV: 'production',
    HOSTNAME: '0.0.0.0',
    PORT: String(DEFAULT_PORT),
    KEEP_ALIVE_TIMEOUT: String(TIMING.keepAlive * 1000),
  });
  expect(text).toMatch(new RegExp(`^EXPOSE ${DEFAULT_PORT}$`, 'm'));
  for (const [name, { secret }] of Object.entries(VARIABLES)) if (secret) expect(Object.keys(env)).not.toContain(name);
  const stages: Record<string, string> = Object.fromEntries(
    text.split(/^FROM /m).map((stage) => [/ AS (\w+)/.exec(stage)?.[1] ?? '', stage] as const),
  );
  for (const { image } of [PROCESS_TABLE.web, PROCESS_TABLE.migrate])
    expect(stages[image.target]).toContain(`CMD [${image.command.map((word) => `"${word}"`).join(', ')}]`);
});
