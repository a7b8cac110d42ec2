import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from '../names.ts';

/** Requests per address in five minutes before it is blocked; above the use of an office behind one address. */
const REQUESTS_PER_ADDRESS = 3000;

const MANAGED = [
  'AWSManagedRulesCommonRuleSet',
  'AWSManagedRulesKnownBadInputsRuleSet',
  'AWSManagedRulesAmazonIpReputationList',
];

const seenAs = (metricName: string) => ({ metricName, cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true });

/** AWS's managed rules and a rate limit in front of the load balancer. The body size rule only counts, because agents send batches of up to 1 MiB. */
export class Waf extends pulumi.ComponentResource {
  constructor(
    name: string,
    args: { names: Names; balancerArn: pulumi.Input<string> },
    opts: pulumi.ComponentResourceOptions,
  ) {
    super('golive:infra:Waf', name, {}, opts);
    const acl = new aws.wafv2.WebAcl(
      name,
      {
        name: args.names.base,
        scope: 'REGIONAL',
        defaultAction: { allow: {} },
        visibilityConfig: seenAs(args.names.base),
        rules: [...MANAGED.map(managed), rateLimit(MANAGED.length)],
      },
      { parent: this },
    );
    new aws.wafv2.WebAclAssociation(name, { resourceArn: args.balancerArn, webAclArn: acl.arn }, { parent: this });
    this.registerOutputs({ arn: acl.arn });
  }
}

function managed(name: string, priority: number) {
  const ruleActionOverrides =
    name === 'AWSManagedRulesCommonRuleSet' ? [{ name: 'SizeRestrictions_BODY', actionToUse: { count: {} } }] : [];
  return {
    name,
    priority,
    overrideAction: { none: {} },
    statement: { managedRuleGroupStatement: { vendorName: 'AWS', name, ruleActionOverrides } },
    visibilityConfig: seenAs(name),
  };
}

function rateLimit(priority: number) {
  return {
    name: 'RateLimit',
    priority,
    action: { block: {} },
    statement: { rateBasedStatement: { limit: REQUESTS_PER_ADDRESS, aggregateKeyType: 'IP' } },
    visibilityConfig: seenAs('RateLimit'),
  };
}
