import { COMMANDS, HEALTH_PATH, PRUNE_SCHEDULE, TIMING, VARIABLES, variablesOf, type Process } from './contract.ts';

/** Generates the two platform files that cannot import the contract. `npm run release:files` writes them. */

/** How long the old version keeps serving after the new one is live, in seconds. */
export const OVERLAP_SECONDS = 5;

/** railway.json, for services created before Railway replaced it by .railway/railway.ts. */
export function railwayJson(): string {
  const config = {
    $schema: 'https://railway.com/railway.schema.json',
    build: { builder: 'RAILPACK', buildCommand: COMMANDS.build },
    deploy: {
      preDeployCommand: [COMMANDS.migrate],
      startCommand: COMMANDS.start,
      healthcheckPath: HEALTH_PATH,
      healthcheckTimeout: TIMING.deployHealth,
      drainingSeconds: TIMING.stop,
      overlapSeconds: OVERLAP_SECONDS,
      restartPolicyType: 'ON_FAILURE',
      restartPolicyMaxRetries: 10,
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Variables that an operator sets for a service. Railway and Render migrate in the web service, which therefore has the variables of both. */
export function serviceVariables(process: Process) {
  const taken = new Set(process === 'web' ? [...variablesOf('web'), ...variablesOf('migrate')] : variablesOf(process));
  return [...taken].filter((name) => VARIABLES[name].from === 'operator');
}

/** render.yaml: web, worker and the daily prune. Values are entered at the web service; the others refer to it. */
export function renderYaml(): string {
  const build = `npm ci && ${COMMANDS.build}`;
  const shutdown = ['maxShutdownDelaySeconds', String(TIMING.stop)] as const;
  const services = [
    renderService('web', [
      ['buildCommand', build],
      ['preDeployCommand', COMMANDS.migrate],
      ['startCommand', COMMANDS.start],
      ['healthCheckPath', HEALTH_PATH],
      shutdown,
    ]),
    renderService('worker', [['buildCommand', build], ['startCommand', COMMANDS.worker], shutdown]),
    renderService('prune', [
      ['schedule', `"${PRUNE_SCHEDULE}"`],
      ['buildCommand', build],
      ['startCommand', COMMANDS.prune],
    ]),
  ];
  return `# Made by \`npm run release:files\` from lib/release/contract.ts.\nservices:\n${services.join('')}`;
}

const RENDER_TYPE = { web: 'web', worker: 'worker', prune: 'cron' } as const;

function renderService(process: keyof typeof RENDER_TYPE, settings: readonly (readonly [string, string])[]): string {
  const lines = [
    `  - type: ${RENDER_TYPE[process]}`,
    `    name: golive-${process}`,
    '    runtime: node',
    '    plan: starter',
    '    branch: main',
    ...settings.map(([name, value]) => `    ${name}: ${value}`),
    '    envVars:',
    ...serviceVariables(process).map((name) => `      - ${renderVariable(process, name)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function renderVariable(process: Process, name: keyof typeof VARIABLES): string {
  if (name === 'NODE_ENV') return '{ key: NODE_ENV, value: production }';
  if (process === 'web' || !serviceVariables('web').includes(name)) return `{ key: ${name}, sync: false }`;
  return `{ key: ${name}, fromService: { type: web, name: golive-web, envVarKey: ${name} } }`;
}
