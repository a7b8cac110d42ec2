import type { Task } from '@aws-sdk/client-ecs';

const HINTS: [RegExp, string][] = [
  [
    /ResourceInitializationError.*(secret|ssm|parameter)/is,
    'the execution role cannot read a secret, or the secret lacks that key',
  ],
  [
    /ResourceInitializationError/i,
    'the task could not reach ECR, Secrets Manager or its log group: check NAT or endpoints',
  ],
  [/CannotPullContainer/i, 'the image digest is not in the registry, or the registry cannot be reached'],
  [/OutOfMemory/i, 'the container ran out of memory: raise the task’s memory'],
  [/exec format error|image platform/i, 'the image was built for another CPU architecture'],
];

/**
 * Why a stopped task did not succeed, or undefined when its container exited 0. A container that never started has no exit code, which
 * counts as a failure.
 */
export function failureOf(task: Task, container: string): string | undefined {
  const own = task.containers?.find(({ name }) => name === container);
  if (own?.exitCode === 0) return undefined;
  const reasons = [task.stoppedReason, own?.reason].filter((text) => text !== undefined && text !== '');
  const exit = own?.exitCode === undefined ? 'it stopped without ever running' : `it exited ${own.exitCode}`;
  const hint = HINTS.find(([pattern]) => reasons.some((text) => pattern.test(text ?? '')))?.[1];
  return [exit, task.stopCode, ...reasons, hint && `likely cause: ${hint}`].filter(Boolean).join('; ');
}
