import * as aws from '@pulumi/aws';
import { validateResourceOfType, type PolicyResource } from '@pulumi/policy';
import { listOf, rule, stackRule, statementsOf, type Rule } from './rule.ts';

const MINIMUM_BACKUP_DAYS = 7;
const CLOSED = ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'];

/** Rules on encryption and durability of data. */
export const DATA: Rule[] = [
  rule(
    'database-is-private-and-encrypted',
    'The database has no public address, and its storage is encrypted.',
    validateResourceOfType(aws.rds.Instance, (database, _args, report) => {
      if (database.publiclyAccessible !== false) report('Set publiclyAccessible to false.');
      if (database.storageEncrypted !== true) report('Set storageEncrypted.');
    }),
  ),
  rule(
    'database-is-backed-up',
    'Backups reach back at least a week, and outlive the instance.',
    validateResourceOfType(aws.rds.Instance, (database, _args, report) => {
      if ((database.backupRetentionPeriod ?? 0) < MINIMUM_BACKUP_DAYS) report('Keep backups for 7 days or more.');
      if (database.deleteAutomatedBackups !== false) report('Set deleteAutomatedBackups to false.');
      if (database.deletionProtection && database.skipFinalSnapshot !== false) report('Take a final snapshot.');
    }),
  ),
  rule(
    'database-demands-tls',
    'The server refuses plain connections.',
    validateResourceOfType(aws.rds.ParameterGroup, (group, _args, report) => {
      const forced = group.parameters?.some(({ name, value }) => name === 'rds.force_ssl' && value === '1');
      if (!forced) report('Set rds.force_ssl to 1.');
    }),
  ),
  stackRule(
    'stateful-is-protected',
    'Where the database is protected from deletion, so is whatever else cannot be made again.',
    ({ resources }, report) => {
      const protectedStack = resources.some(
        (one) => one.isType(aws.rds.Instance) && one.props.deletionProtection === true,
      );
      if (!protectedStack) return;
      for (const one of resources) if (isStateful(one) && !one.opts.protect) report('Set protect.', one.urn);
    },
  ),
  stackRule(
    'buckets-are-closed',
    'Every bucket blocks public access, is versioned, and refuses plain http.',
    ({ resources }, report) => {
      for (const bucket of resources.filter((one) => one.isType(aws.s3.Bucket))) {
        const beside = resources.filter(({ parent }) => parent !== undefined && parent.urn === bucket.parent?.urn);
        const block = beside.find((one) => one.isType(aws.s3.BucketPublicAccessBlock))?.props ?? {};
        if (!CLOSED.every((key) => block[key] === true)) report('Block every kind of public access.', bucket.urn);
        if (!beside.some((one) => one.isType(aws.s3.BucketVersioning))) report('Switch versioning on.', bucket.urn);
        const policy = beside.find((one) => one.isType(aws.s3.BucketPolicy))?.props.policy as string | undefined;
        if (!policy || !refusesHttp(policy)) report('Deny requests without TLS.', bucket.urn);
      }
    },
  ),
  stackRule(
    'archive-is-locked',
    'Somewhere is a bucket whose objects nobody can change or delete early.',
    ({ resources }, report) => {
      const locked = resources.some((one) => one.isType(aws.s3.BucketObjectLockConfiguration));
      if (!locked) report('Anchors and archives of the audit log need a bucket with Object Lock.');
    },
  ),
  rule(
    'queues-are-encrypted',
    'Messages at rest are encrypted.',
    validateResourceOfType(aws.sqs.Queue, (queue, _args, report) => {
      if (queue.sqsManagedSseEnabled !== true && !queue.kmsMasterKeyId) report('Set sqsManagedSseEnabled.');
    }),
  ),
];

const refusesHttp = (policy: string) =>
  statementsOf(policy).some(
    ({ Effect, Action, Condition }) =>
      Effect === 'Deny' && listOf(Action).includes('s3:*') && Condition?.Bool?.['aws:SecureTransport'] === 'false',
  );

const isStateful = (one: PolicyResource) =>
  one.isType(aws.rds.Instance) || one.isType(aws.secretsmanager.Secret) || one.isType(aws.ecr.Repository);
