import type { PolicyResource, ResourceValidationArgs } from '@pulumi/policy';
import { RULES } from '../policies/rules.ts';
import type { Rule } from '../policies/rule.ts';
import type { RecordedGraph, RecordedResource } from './record.ts';

export interface Violation {
  rule: string;
  /** Name and type of the resource, or the stack. */
  where: string;
  message: string;
}

class NotApplicable extends Error {}

const notApplicable = (): never => {
  throw new NotApplicable();
};

/** Runs the policy pack over a recording, as the engine does over a real update. */
export async function checkRules(graph: RecordedGraph, rules: Rule[] = RULES): Promise<Violation[]> {
  const resources = policyResources(graph);
  const violations: Violation[] = [];
  for (const rule of rules) {
    const name = (urn: string | undefined) => urn?.split('::').slice(-2).join(' ') ?? `stack ${graph.stack}`;
    const report = (where: string | undefined) => (message: string, urn?: string) =>
      void violations.push({ rule: rule.name, where: name(urn ?? where), message });
    if ('validateStack' in rule)
      await rule.validateStack({ resources, stackTags: new Map(), getConfig, notApplicable }, report(undefined));
    else
      for (const resource of resources)
        for (const validate of [rule.validateResource ?? []].flat())
          await ifApplicable(() => validate(resource as unknown as ResourceValidationArgs, report(resource.urn)));
  }
  return violations;
}

const getConfig = <T>() => ({}) as T;

async function ifApplicable(validate: () => Promise<void> | void): Promise<void> {
  try {
    await validate();
  } catch (error) {
    if (!(error instanceof NotApplicable)) throw error;
  }
}

function policyResources(graph: RecordedGraph): PolicyResource[] {
  const byUrn = new Map<string, PolicyResource>();
  const providers = new Map<string, RecordedResource>();
  for (const one of graph.resources) {
    if (one.type.startsWith('pulumi:providers:')) providers.set(one.name, one);
    const provider = providers.get(one.provider);
    const parent = byUrn.get(one.parent);
    const isType = (wanted: { __pulumiType?: string }) => wanted.__pulumiType === one.type;
    byUrn.set(one.urn, {
      type: one.type,
      name: one.name,
      urn: one.urn,
      props: one.inputs,
      opts: { protect: one.protect, ignoreChanges: one.ignoreChanges },
      isType,
      asType: (wanted: { __pulumiType?: string }) => (isType(wanted) ? one.inputs : undefined),
      notApplicable,
      getConfig,
      dependencies: [],
      propertyDependencies: {},
      stackTags: new Map(),
      ...(provider && {
        provider: { type: provider.type, name: provider.name, urn: provider.urn, props: provider.inputs },
      }),
      ...(parent && { parent }),
    } as unknown as PolicyResource);
  }
  return [...byUrn.values()];
}
