import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { parseConfig, type Config } from '../config.ts';

export const STACKS = ['staging', 'production'] as const;
export type StackName = (typeof STACKS)[number];

const root = new URL('../../', import.meta.url);

const image = (stack: string, target: string, digit: string) =>
  `123456789012.dkr.ecr.eu-central-1.amazonaws.com/golive-${stack}/${target}@sha256:${digit.repeat(64)}`;

/** Example of the values that the pipeline sets. */
export const exampleRelease = (stack: string, digit = 'a') => ({
  commit: digit.repeat(40),
  runner: image(stack, 'runner', digit),
  migrator: image(stack, 'migrator', digit),
});

/** The committed configuration of a stack, as raw values. */
export async function readStackFile(stack: string): Promise<Record<string, unknown>> {
  const file = parse(await readFile(new URL(`Pulumi.${stack}.yaml`, root), 'utf8')) as {
    config: Record<string, unknown>;
  };
  return Object.fromEntries(Object.entries(file.config).map(([key, value]) => [key.replace(/^golive:/, ''), value]));
}

/** The committed configuration with an example release, checked. */
export async function stackConfig(stack: string, release: object | 'none' = exampleRelease(stack)): Promise<Config> {
  return parseConfig({ ...(await readStackFile(stack)), release });
}
