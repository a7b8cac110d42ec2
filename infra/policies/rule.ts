import type { ResourceValidationPolicy, StackValidationPolicy } from '@pulumi/policy';

export type Rule = ResourceValidationPolicy | StackValidationPolicy;

type Check = NonNullable<ResourceValidationPolicy['validateResource']>;

/** A mandatory rule on a single resource. */
export function rule(name: string, description: string, validateResource: Check): Rule {
  return { name, description, enforcementLevel: 'mandatory', validateResource };
}

/** A mandatory rule on the whole stack. */
export function stackRule(
  name: string,
  description: string,
  validateStack: StackValidationPolicy['validateStack'],
): Rule {
  return { name, description, enforcementLevel: 'mandatory', validateStack };
}

interface Container {
  name: string;
  image: string;
  user?: string;
  privileged?: boolean;
  readonlyRootFilesystem?: boolean;
  linuxParameters?: { capabilities?: { drop?: string[]; add?: string[] } };
  environment?: { name: string; value: string }[];
  secrets?: { name: string; valueFrom: string }[];
  logConfiguration?: { logDriver: string };
}

/** The containers of a task definition, which keeps them as a text. @throws SyntaxError when that is not JSON. */
export const containersOf = (json: string) => JSON.parse(json) as Container[];

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** Statements of an IAM policy, given as a text or as an object. */
export function statementsOf(policy: unknown): Statement[] {
  const document = (typeof policy === 'string' ? JSON.parse(policy) : policy) as { Statement: Statement | Statement[] };
  return [document.Statement].flat();
}

/** What IAM writes as one text or a list of them, or leaves out, as a list. */
export const listOf = (value: string | string[] | undefined) => (value === undefined ? [] : [value].flat());
