import * as aws from '@pulumi/aws';
import { validateResourceOfType } from '@pulumi/policy';
import { containersOf, rule, type Rule } from './rule.ts';

const BY_DIGEST = /@sha256:[0-9a-f]{64}$/;
const SECRET_NAME = /SECRET|PASSWORD|PRIVATE|TOKEN|DATABASE_URL|_KEY$/;
const SECRET_VALUE = /:\/\/[^/\s]+:[^/\s]+@|-----BEGIN/;

/** Rules on tasks and rollback. */
export const TASKS: Rule[] = [
  rule(
    'images-by-digest',
    'A tag can be moved; a digest is what was tested.',
    validateResourceOfType(aws.ecs.TaskDefinition, (task, _args, report) => {
      for (const { name, image } of containersOf(task.containerDefinitions))
        if (!BY_DIGEST.test(image)) report(`${name} runs ${image}: name it by digest.`);
    }),
  ),
  rule(
    'secrets-stay-out-of-the-environment',
    'A plain variable is readable by everyone who may describe a task.',
    validateResourceOfType(aws.ecs.TaskDefinition, (task, _args, report) => {
      for (const { environment = [] } of containersOf(task.containerDefinitions))
        for (const { name, value } of environment)
          if (SECRET_NAME.test(name) || SECRET_VALUE.test(value)) report(`${name} looks like a secret: use valueFrom.`);
    }),
  ),
  rule(
    'secrets-come-from-secrets-manager',
    'A secret is named by its ARN, in Secrets Manager.',
    validateResourceOfType(aws.ecs.TaskDefinition, (task, _args, report) => {
      for (const { secrets = [] } of containersOf(task.containerDefinitions))
        for (const { name, valueFrom } of secrets)
          if (!/^arn:aws[\w-]*:secretsmanager:/.test(valueFrom)) report(`${name} comes from ${valueFrom}.`);
    }),
  ),
  rule(
    'containers-are-confined',
    'Containers run as an ordinary user, on a read-only file system, with no capabilities.',
    validateResourceOfType(aws.ecs.TaskDefinition, (task, _args, report) => {
      for (const one of containersOf(task.containerDefinitions)) {
        if (!one.user || /^(0|root)(:|$)/.test(one.user)) report(`${one.name}: set a user other than root.`);
        if (one.readonlyRootFilesystem !== true) report(`${one.name}: set readonlyRootFilesystem.`);
        if (one.privileged === true) report(`${one.name}: must not be privileged.`);
        const { drop = [], add = [] } = one.linuxParameters?.capabilities ?? {};
        if (!drop.includes('ALL') || add.length > 0) report(`${one.name}: drop all capabilities.`);
      }
    }),
  ),
  rule(
    'rollback-has-a-target',
    'Old revisions stay registered under one family: a deregistered one can never run again.',
    validateResourceOfType(aws.ecs.TaskDefinition, (task, _args, report) => {
      if (task.skipDestroy !== true) report('Set skipDestroy.');
      if (/[0-9a-f]{8}$/.test(task.family)) report('Use a fixed family, not one made from the content.');
    }),
  ),
  rule(
    'rollouts-roll-back',
    'A rollout that does not come up goes back by itself.',
    validateResourceOfType(aws.ecs.Service, (service, _args, report) => {
      const { enable, rollback } = service.deploymentCircuitBreaker ?? {};
      if (!enable || !rollback) report('Enable the circuit breaker with rollback.');
    }),
  ),
  rule(
    'nobody-logs-in-to-tasks',
    'A shell in production leaves no trace in the audit log.',
    validateResourceOfType(aws.ecs.Service, (service, _args, report) => {
      if (service.enableExecuteCommand === true) report('Leave enableExecuteCommand off.');
    }),
  ),
  rule(
    'tasks-log',
    'A task without a log cannot be explained.',
    validateResourceOfType(aws.ecs.TaskDefinition, (task, _args, report) => {
      for (const { name, logConfiguration } of containersOf(task.containerDefinitions))
        if (logConfiguration?.logDriver !== 'awslogs') report(`${name}: log to CloudWatch.`);
    }),
  ),
  rule(
    'registry-is-strict',
    'Tags cannot be moved, and images are scanned as they arrive.',
    validateResourceOfType(aws.ecr.Repository, (repository, _args, report) => {
      if (repository.imageTagMutability !== 'IMMUTABLE') report('Make tags immutable.');
      if (repository.imageScanningConfiguration?.scanOnPush !== true) report('Scan on push.');
    }),
  ),
];
