import * as pulumi from '@pulumi/pulumi';
import { readConfig } from './config.ts';
import { program } from './program.ts';

/** Older versions ignore errors of after-hooks, so a rolled-back deployment would count as a success. */
const PULUMI = '>=3.238.0';

// A function, so that Pulumi reports what it throws (a wrong configuration, above all) without a stack trace of module loading.
export default async () => {
  await pulumi.requirePulumiVersion(PULUMI);
  return program(readConfig());
};
