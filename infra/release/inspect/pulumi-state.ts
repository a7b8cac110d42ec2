import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { EcsFailure } from '../ecs/failure.ts';
import type { Live } from '../ecs/live.ts';

const TIMEOUT_MS = 120_000;

const Exported = z.object({
  deployment: z.object({
    resources: z
      .array(z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }))
      .default([]),
  }),
});

/**
 * Reads the task definitions of Pulumi's state. @param file the output of `pulumi stack export`; without it the CLI is called.
 * @returns undefined when there is no file and no CLI.
 * @throws EcsFailure when the export cannot be understood.
 */
export async function readState(
  stack: string,
  names: { web: string; worker: string; prune: string },
  file?: string,
): Promise<Live | undefined> {
  const text = file === undefined ? await exportState(stack) : await readFile(file, 'utf8');
  if (text === undefined) return undefined;
  const parsed = Exported.safeParse(JSON.parse(text));
  if (!parsed.success) throw new EcsFailure('usage', 'the state is not an export of `pulumi stack export`');
  const { resources } = parsed.data.deployment;
  const of = (type: string, name: string) =>
    resources.find((one) => one.type === type && one.outputs?.name === name)?.outputs;
  const target = z.object({ ecsParameters: z.object({ taskDefinitionArn: z.string() }) });
  const prune = target.safeParse(of('aws:scheduler/schedule:Schedule', names.prune)?.target);
  const service = (name: string) => z.string().catch('').parse(of('aws:ecs/service:Service', name)?.taskDefinition);
  return {
    web: service(names.web),
    worker: service(names.worker),
    prune: prune.success ? prune.data.ecsParameters.taskDefinitionArn : '',
  };
}

async function exportState(stack: string): Promise<string | undefined> {
  try {
    const options = { timeout: TIMEOUT_MS, maxBuffer: 256 * 1024 * 1024 };
    return (await promisify(execFile)('pulumi', ['stack', 'export', '--stack', stack], options)).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new EcsFailure('failed', `pulumi stack export: ${(error as Error).message}`, { cause: error });
  }
}
