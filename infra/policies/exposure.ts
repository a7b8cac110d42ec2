import * as aws from '@pulumi/aws';
import { validateResourceOfType } from '@pulumi/policy';
import { rule, stackRule, type Rule } from './rule.ts';

const OPEN = ['0.0.0.0/0', '::/0'];
const MODERN_TLS = /^ELBSecurityPolicy-TLS13-1-[23]-/;

/** Rules on network exposure. */
export const EXPOSURE: Rule[] = [
  rule(
    'world-reaches-web-ports-only',
    'Nothing but ports 80 and 443 is open to the world.',
    validateResourceOfType(aws.vpc.SecurityGroupIngressRule, (ingress, _args, report) => {
      const open = OPEN.includes(ingress.cidrIpv4 ?? '') || OPEN.includes(ingress.cidrIpv6 ?? '');
      const web = ingress.fromPort === ingress.toPort && [80, 443].includes(ingress.fromPort ?? -1);
      if (open && !web) report('Name a security group as the source, or one of ports 80 and 443.');
    }),
  ),
  rule(
    'no-rules-inside-groups',
    'Rules are resources of their own, so that the rule about open ports sees every one of them.',
    validateResourceOfType(aws.ec2.SecurityGroup, (group, _args, report) => {
      if ((group.ingress ?? []).length > 0) report('Move the rule into a SecurityGroupIngressRule.');
    }),
  ),
  stackRule(
    'world-reaches-the-balancer-only',
    'A group that is open to the world belongs to a load balancer and to nothing else.',
    ({ resources }, report) => {
      const open = resources.filter(
        (one) => one.isType(aws.vpc.SecurityGroupIngressRule) && OPEN.includes(one.props.cidrIpv4 as string),
      );
      const groups = new Set(open.map(({ props }) => props.securityGroupId as string));
      for (const { type, props, urn } of resources) {
        const network = props.networkConfiguration as { securityGroups?: string[] } | undefined;
        const direct = props.vpcSecurityGroupIds as string[] | undefined;
        const used = [...(network?.securityGroups ?? []), ...(direct ?? [])];
        if (used.some((group) => groups.has(group))) report(`${type} is in a group that the world can reach.`, urn);
      }
    },
  ),
  rule(
    'tasks-have-no-public-address',
    'Service tasks live in private subnets.',
    validateResourceOfType(aws.ecs.Service, (service, _args, report) => {
      if (service.networkConfiguration?.assignPublicIp !== false) report('Set assignPublicIp to false.');
    }),
  ),
  rule(
    'scheduled-tasks-have-no-public-address',
    'So do scheduled tasks.',
    validateResourceOfType(aws.scheduler.Schedule, (schedule, _args, report) => {
      const { ecsParameters } = schedule.target;
      if (ecsParameters && ecsParameters.networkConfiguration?.assignPublicIp !== false)
        report('Set assignPublicIp to false.');
    }),
  ),
  rule(
    'https-is-modern',
    'The load balancer speaks TLS 1.2 or better, and plain http only redirects.',
    validateResourceOfType(aws.lb.Listener, (listener, _args, report) => {
      const secure = listener.protocol === 'HTTPS';
      if (secure && !MODERN_TLS.test(listener.sslPolicy ?? '')) report('Use a TLS13-1-2 policy.');
      const redirects = listener.defaultActions.every(
        ({ type, redirect }) => type === 'redirect' && redirect?.protocol === 'HTTPS',
      );
      if (!secure && !redirects) report('Redirect to https.');
    }),
  ),
  rule(
    'balancer-is-hardened',
    'The load balancer drops malformed headers and keeps access logs.',
    validateResourceOfType(aws.lb.LoadBalancer, (balancer, _args, report) => {
      if (balancer.dropInvalidHeaderFields !== true) report('Set dropInvalidHeaderFields.');
      if (balancer.accessLogs?.enabled !== true) report('Switch accessLogs on.');
    }),
  ),
];
