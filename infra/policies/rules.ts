import { DATA } from './data.ts';
import { EXPOSURE } from './exposure.ts';
import { OPERATIONS } from './operations.ts';
import { RIGHTS } from './rights.ts';
import type { Rule } from './rule.ts';
import { TASKS } from './tasks.ts';

/** Every rule of the pack. */
export const RULES: Rule[] = [...EXPOSURE, ...DATA, ...TASKS, ...RIGHTS, ...OPERATIONS];
