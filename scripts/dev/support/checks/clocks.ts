import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import type { Step } from './steps.ts';

/** A date, time zone and locale under which the tests run. */
export interface Clock {
  /** In UTC. */
  at: string;
  zone?: string;
  locale?: string;
  /** Part of the short run in CI. */
  short?: boolean;
}

/** Edge cases of dates; a run starts just before the edge. */
export const CLOCKS: readonly Clock[] = [
  { at: '2027-12-31T23:58:00Z', short: true },
  { at: '2028-02-29T12:00:00Z', zone: 'America/St_Johns', short: true },
  { at: '2027-03-01T00:00:05Z' },
  { at: '2028-01-01T00:00:05Z', zone: 'Asia/Kolkata', locale: 'ru_RU.UTF-8' },
  { at: '2027-01-31T12:00:00Z', locale: 'C' },
  { at: '2027-11-30T12:00:00Z' },
  { at: '2027-03-28T00:58:00Z', zone: 'Europe/Berlin' },
  { at: '2027-10-31T00:58:00Z', zone: 'Europe/Berlin' },
];

const LIBRARIES = '/usr/lib/{,*/}faketime/libfaketimeMT.so.1';
/** A relative offset; an absolute start time would restart in every process. */
const SHIFT = 'FAKETIME=$(printf "%+d" $((START - $(date +%s)))) LD_PRELOAD=$CLOCK_LIBRARY exec "$@"';
const PROJECTS = ['unit', 'infra', 'integration', 'heavy'].flatMap((name) => ['--project', name]);
const LIMIT_MINUTES = 40;

/** The library of Debian's `libfaketime` that shifts the clock of a process and of those it starts; undefined if not installed. */
export const clockLibrary = (): string | undefined => globSync(LIBRARIES)[0];

/** Label of a clock in progress lines. */
export const clockName = ({ at, zone, locale }: Clock): string =>
  [at.slice(0, 16).replace('T', ' '), 'UTC', zone, locale].filter(Boolean).join(' ');

/** Environment of a process under a clock. The monotonic clock, hence timers, and file times are unchanged. */
function environment({ at, zone, locale }: Clock, library: string): Record<string, string> {
  return {
    START: String(Date.parse(at) / 1000),
    CLOCK_LIBRARY: library,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
    ...(zone === undefined ? {} : { TZ: zone }),
    ...(locale === undefined ? {} : { LANG: locale, LC_ALL: locale }),
  };
}

/** A run of the suites that know of dates under one clock: Node, the servers and every command alike. */
export function clockStep(clock: Clock, library: string): Step {
  return {
    name: clockName(clock),
    group: 'servers',
    command: ['sh', '-c', SHIFT, 'sh', 'vitest', 'run', ...PROJECTS],
    report: 'vitest',
    env: environment(clock, library),
    limit: LIMIT_MINUTES,
  };
}

/** Deviation in seconds of a process from its clock. */
export function drift(clock: Clock, library: string): number {
  const { stdout } = spawnSync('sh', ['-c', SHIFT, 'sh', process.execPath, '-p', 'Date.now()'], {
    env: { ...process.env, ...environment(clock, library) },
    encoding: 'utf8',
  });
  return Math.abs(Number(stdout) - Date.parse(clock.at)) / 1000;
}

/** Locales missing on the host; only Node is tested with them. */
export function missingLocales(clocks: readonly Clock[]): string[] {
  const { stdout } = spawnSync('locale', ['-a'], { encoding: 'utf8' });
  const known = new Set((stdout ?? '').toLowerCase().replaceAll('utf-8', 'utf8').split('\n'));
  const wanted = new Set(clocks.flatMap(({ locale }) => locale ?? []));
  return [...wanted].filter((locale) => !known.has(locale.toLowerCase().replaceAll('utf-8', 'utf8')));
}
