import { PolicyPack } from '@pulumi/policy';
import { RULES } from './rules.ts';

// `pulumi up --policy-pack infra/policies` runs the rules that the tests run over the recorded graph. Plain JavaScript, because Pulumi's
// launcher compiles a TypeScript entrance with a compiler of its own; what it imports is left to Node.
new PolicyPack('golive', { policies: RULES });
