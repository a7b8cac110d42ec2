import { EnvError, parseEnv } from '../../env.ts';
import { FORBIDDEN_IN_PRODUCTION, PROCESSES, VARIABLES, variablesOf, type VariableName } from '../contract.ts';
import { green, red, yellow, type Check, type CheckFinding } from './check.ts';

/** Every process has its required variables, and none that is forbidden in production. */
export const environment: Check = {
  name: 'environment',
  description: 'every process finds its variables, each with a usable value',
  run({ env, firstDeployment }) {
    const findings = [
      ...missing(env),
      ...unusable(env),
      ...forbidden(env),
      ...proxyCount(env),
      ...origin(env, firstDeployment),
      ...webhook(env),
      ...identityProvider(env),
      ...formKey(env),
    ];
    if (env.NODE_ENV !== 'production')
      findings.push(red(`NODE_ENV is ${env.NODE_ENV ?? 'missing'}`, 'set NODE_ENV=production'));
    return Promise.resolve(findings.length > 0 ? findings : [green(`complete for ${PROCESSES.join(', ')}`)]);
  },
};

const given = (env: Record<string, string | undefined>, name: string) => (env[name] ?? '') !== '';

function missing(env: Record<string, string | undefined>): CheckFinding[] {
  const names = new Map<VariableName, string[]>();
  for (const process of PROCESSES)
    for (const name of variablesOf(process))
      if (name !== 'NODE_ENV' && VARIABLES[name].needs[process] === 'required' && !given(env, name))
        names.set(name, [...(names.get(name) ?? []), process]);
  return [...names].map(([name, processes]) =>
    red(`${name} is missing for ${processes.join(', ')}`, `set it where you deploy, and for this check in --env-file`),
  );
}

/** Validated by the app's own parser; missing variables are reported separately. */
function unusable(env: Record<string, string | undefined>): CheckFinding[] {
  try {
    parseEnv(env);
    return [];
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    const lines = error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
    return lines
      .filter((line) => !line.endsWith('is missing'))
      .map((line) => red(line, 'the app would not start with it'));
  }
}

function forbidden(env: Record<string, string | undefined>): CheckFinding[] {
  const set = FORBIDDEN_IN_PRODUCTION.filter((name) => given(env, name) && env[name] !== 'false');
  return set.map((name) => red(`${name} is set`, `remove ${name}: it is for development alone`));
}

/** The default of 0 is only right without a proxy; if forgotten, all clients appear with the proxy's address. */
function proxyCount(env: Record<string, string | undefined>): CheckFinding[] {
  if (given(env, 'TRUSTED_PROXY_COUNT')) return [];
  return [
    yellow(
      'TRUSTED_PROXY_COUNT is not stated: behind a proxy all clients would share one throttle bucket',
      'set it to 1 behind Railway, Render or one load balancer, and to 0 only where clients connect to the app itself',
    ),
  ];
}

function origin(env: Record<string, string | undefined>, firstDeployment: boolean): CheckFinding[] {
  const url = env.NEXTAUTH_URL ?? '';
  if (url === '')
    return firstDeployment
      ? []
      : [
          yellow(
            'NEXTAUTH_URL is absent',
            'right before the first deployment only: repeat with --first-deployment, or set it',
          ),
        ];
  const findings: CheckFinding[] = [];
  if (!url.startsWith('https://'))
    findings.push(
      red(`NEXTAUTH_URL is not https: ${url}`, 'use the public https origin; cookies are Secure there only'),
    );
  if (firstDeployment)
    findings.push(
      yellow(
        'NEXTAUTH_URL is set before a first deployment',
        'leave it out until the platform has given the service its address',
      ),
    );
  return findings;
}

/** The receiver gets complete events with personal data. */
function webhook({ AUDIT_WEBHOOK_URL: url = '' }: Record<string, string | undefined>): CheckFinding[] {
  if (!url.toLowerCase().startsWith('http://')) return [];
  return [red('AUDIT_WEBHOOK_URL is not https: everybody on the way could read the events', 'give the receiver TLS')];
}

function identityProvider({ OIDC_ASSUME_EMAIL_VERIFIED: assumed }: Record<string, string | undefined>): CheckFinding[] {
  if (assumed !== 'true') return [];
  return [
    yellow(
      'OIDC_ASSUME_EMAIL_VERIFIED is true: anyone who can choose an address at the provider signs in as the user with that address',
      'keep it only for one tenant whose addresses its administrators alone set, and remove it once everybody is linked',
    ),
  ];
}

/** Without it the key is made from the commit: equal in every build of it, and another one after each release. */
function formKey(env: Record<string, string | undefined>): CheckFinding[] {
  if (given(env, 'NEXT_SERVER_ACTIONS_ENCRYPTION_KEY')) return [];
  return [
    yellow(
      'NEXT_SERVER_ACTIONS_ENCRYPTION_KEY is not set: forms of the release before are refused after each deployment, and whoever knows the commit knows the key',
      'set it where the app is built, the same for every build: openssl rand -base64 32',
    ),
  ];
}
