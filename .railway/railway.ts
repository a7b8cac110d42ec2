import { defineRailway, github, preserve, project, service, type ServiceConfigInput } from 'railway/iac';
import { COMMANDS, HEALTH_PATH, PRUNE_SCHEDULE, TIMING, type Process } from '../lib/release/contract.ts';
import { serviceVariables, OVERLAP_SECONDS } from '../lib/release/platforms.ts';

/**
 * The Railway project: web, worker and the daily prune. Applied with `railway config plan` and `railway config apply`.
 *
 * Whatever this file does not state is planned for deletion, so every variable is named with preserve(): its value stays where the
 * operator typed it. For the same reason the domains are named: RAILWAY_DOMAINS holds them, with commas, once the project has any.
 */
export default defineRailway(() =>
  project('golive', {
    resources: [
      service('web', {
        ...common('web'),
        start: COMMANDS.start,
        preDeploy: COMMANDS.migrate,
        healthcheck: HEALTH_PATH,
        healthcheckTimeout: TIMING.deployHealth,
        deploy: { ...lifetime, overlapSeconds: OVERLAP_SECONDS },
        networking: {
          serviceDomains: Object.fromEntries(
            domainNames()
              .filter(isRailways)
              .map((name) => [name, {}]),
          ),
        },
        domains: domainNames().filter((name) => !isRailways(name)),
      }),
      service('worker', { ...common('worker'), start: COMMANDS.worker, deploy: lifetime }),
      service('prune', {
        ...common('prune'),
        start: COMMANDS.prune,
        deploy: { cronSchedule: PRUNE_SCHEDULE, restartPolicyType: 'NEVER' },
      }),
    ],
  }),
);

const lifetime = {
  drainingSeconds: TIMING.stop,
  restartPolicyType: 'ON_FAILURE',
  restartPolicyMaxRetries: 10,
} as const;

function common(process: Process) {
  return {
    source: github(repository(), { branch: 'main' }),
    build: { builder: 'RAILPACK', buildCommand: COMMANDS.build },
    env: environment(process),
  } satisfies ServiceConfigInput;
}

function environment(process: Process) {
  const kept = serviceVariables(process).map((name) => [name, preserve()] as const);
  return { ...Object.fromEntries(kept), NODE_ENV: 'production' };
}

/** A service without its source would be planned for deletion, so an unknown repository stops here. */
function repository(): string {
  const name = process.env.GITHUB_REPOSITORY;
  if (name === undefined || !/^[\w.-]+\/[\w.-]+$/.test(name))
    throw new Error('Set GITHUB_REPOSITORY=owner/name: the repository that Railway deploys.');
  return name;
}

const domainNames = () => (process.env.RAILWAY_DOMAINS ?? '').split(',').filter((name) => name !== '');
const isRailways = (name: string) => name.endsWith('.up.railway.app');
