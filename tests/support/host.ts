/**
 * What every process takes over from the machine it runs on: where programs lie, whose home it is, zone and language; and the clock that
 * `npm run test:calendar` gives it.
 */
const OF_THE_HOST = /^(PATH|HOME|TZ|LANG|LC_\w+|NODE_COMPILE_CACHE)$/;

/** Variables of a shifted clock. */
export const CLOCK_VARIABLE = /^(LD_PRELOAD|FAKETIME\w*|NO_FAKE_STAT)$/;

/** The environment of a process that must see nothing of this one's own variables but `env`. */
export function bareEnvironment(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const host = Object.entries(process.env).filter(([name]) => OF_THE_HOST.test(name) || CLOCK_VARIABLE.test(name));
  // Next declares NODE_ENV as always there; a command of ours must do without.
  return { ...Object.fromEntries(host), ...env } as unknown as NodeJS.ProcessEnv;
}
