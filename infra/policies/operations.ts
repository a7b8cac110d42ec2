import * as aws from '@pulumi/aws';
import { validateResourceOfType } from '@pulumi/policy';
import { rule, stackRule, type Rule } from './rule.ts';

const TAGS = ['project', 'stack', 'owner'];

/** Rules on operations: tags, log retention, alarms. */
export const OPERATIONS: Rule[] = [
  rule(
    'logs-have-retention',
    'Logs are kept for a stated time.',
    validateResourceOfType(aws.cloudwatch.LogGroup, (group, _args, report) => {
      if (!group.retentionInDays) report('Set retentionInDays.');
    }),
  ),
  rule(
    'alarms-have-actions',
    'An alarm without an action is a decoration.',
    validateResourceOfType(aws.cloudwatch.MetricAlarm, (alarm, _args, report) => {
      if ((alarm.alarmActions ?? []).length === 0) report('Send it to the alerts topic.');
    }),
  ),
  stackRule('resources-are-tagged', 'Every AWS resource carries project, stack and owner.', ({ resources }, report) => {
    for (const { type, urn, provider } of resources) {
      if (!type.startsWith('aws:')) continue;
      const given = tagsOf(provider?.props.defaultTags);
      const missing = TAGS.filter((tag) => !given[tag]);
      if (missing.length > 0) report(`Tags ${missing.join(', ')} are missing: use the program’s provider.`, urn);
    }
  }),
];

/** A provider's settings travel as JSON texts. */
function tagsOf(defaultTags: unknown): Record<string, string> {
  const settings = (parsed(defaultTags) ?? {}) as { tags?: unknown };
  return (parsed(settings.tags) ?? {}) as Record<string, string>;
}

const parsed = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value);
