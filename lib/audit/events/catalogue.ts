import { z } from 'zod';

/** What can stand in the audit log. Closed and typed: an action that is not here cannot be recorded. */
interface ActionSpec {
  /** One sentence for the documents and the detail view. */
  description: string;
  category: 'auth' | 'access' | 'user' | 'audit' | 'agent' | 'release' | 'system';
  /** Raised when the shape of `metadata` changes. */
  version: number;
  metadata: z.ZodType<Record<string, unknown>>;
}

const nothing = z.strictObject({});
const role = z.enum(['admin', 'auditor', 'user']);
/** How many attempts one event reports, where repeated ones are counted together. */
const refusals = z.number().int().optional();
const changedRole = z.strictObject({ from: role, to: role });
/** A key by its id and the visible start of its secret. */
const agentKey = z.strictObject({ keyId: z.string(), prefix: z.string() });
const filters = z.record(z.string(), z.string());

export const ACTIONS = {
  'auth.sign_in': {
    description: 'A person signed in, or tried to.',
    category: 'auth',
    version: 2,
    metadata: z.strictObject({ method: z.string(), refusals }),
  },
  'auth.sign_out': { description: 'A person signed out.', category: 'auth', version: 1, metadata: nothing },
  'auth.sign_out_everywhere': {
    description: 'Every session of a person was ended.',
    category: 'auth',
    version: 1,
    metadata: nothing,
  },
  'auth.password_changed': {
    description: 'A person changed their own password, or tried to.',
    category: 'auth',
    version: 2,
    metadata: z.strictObject({ refusals }),
  },
  'auth.password_reset': {
    description: 'A password was set through a one-time link or from the command line, or somebody tried to.',
    category: 'auth',
    version: 2,
    metadata: z.strictObject({ refusals }),
  },
  'access.denied': {
    description: 'A signed-in person asked for something their role does not allow.',
    category: 'access',
    version: 3,
    /** No path when the role was lost while the act was under way: the target says what it was about. */
    metadata: z.strictObject({ permission: z.string(), path: z.string().optional(), refusals }),
  },
  'access.key_refused': {
    description: 'A machine presented a key that does not work; one event tells of all refusals of some minutes.',
    category: 'access',
    version: 1,
    metadata: agentKey.partial().extend({ refusals: z.number().int() }),
  },
  'user.created': {
    description: 'A person was added.',
    category: 'user',
    version: 1,
    metadata: z.strictObject({ role }),
  },
  'user.disabled': {
    description: 'A person was disabled and signed out.',
    category: 'user',
    version: 1,
    metadata: nothing,
  },
  'user.enabled': {
    description: 'A disabled person was enabled again.',
    category: 'user',
    version: 1,
    metadata: nothing,
  },
  'user.role_changed': {
    description: 'A person’s role was changed.',
    category: 'user',
    version: 1,
    metadata: changedRole,
  },
  'user.reset_link_created': {
    description: 'A one-time link to set a password was made.',
    category: 'user',
    version: 1,
    metadata: z.strictObject({ expiresAt: z.string() }),
  },
  'user.sessions_revoked': {
    description: 'An admin ended every session of a person.',
    category: 'user',
    version: 1,
    metadata: nothing,
  },
  'user.identity_linked': {
    description: 'A person was linked to an account of the OpenID Connect provider.',
    category: 'user',
    version: 1,
    metadata: z.strictObject({ provider: z.string() }),
  },
  'audit.read': {
    description: 'A page of the audit log, or a report made from it, was read.',
    category: 'audit',
    version: 1,
    metadata: z.strictObject({ filters, rows: z.number().int(), deeper: z.boolean() }),
  },
  'audit.exported': {
    description: 'Events were exported to a file.',
    category: 'audit',
    version: 1,
    metadata: z.strictObject({ format: z.string(), filters }),
  },
  'audit.prune_empty': {
    description: 'Retention ran to its end and had nothing to remove.',
    category: 'audit',
    version: 1,
    metadata: nothing,
  },
  'audit.pruned': {
    description: 'Retention removed events of one month.',
    category: 'audit',
    version: 1,
    metadata: z.strictObject({
      partition: z.string(),
      rows: z.number().int(),
      whole: z.boolean(),
      archive: z.string().optional(),
    }),
  },
  'audit.hold_placed': {
    description: 'A legal hold was placed: what it covers is not removed.',
    category: 'audit',
    version: 1,
    metadata: z.strictObject({
      reason: z.string(),
      actorId: z.string().optional(),
      targetId: z.string().optional(),
      from: z.string().optional(),
      to: z.string().optional(),
    }),
  },
  'audit.hold_released': {
    description: 'A legal hold was released.',
    category: 'audit',
    version: 1,
    metadata: z.strictObject({ reason: z.string() }),
  },
  'audit.archive_restored': {
    description: 'Events came back from an archive.',
    category: 'audit',
    version: 1,
    metadata: z.strictObject({ rows: z.number().int(), sha256: z.string() }),
  },
  'audit.event_read': { description: 'One event was opened.', category: 'audit', version: 1, metadata: nothing },
  // Agents' own actions stand under `agent.` (lib/agents/contract/event.ts); nothing of ours may begin so, or an agent could pose as us.
  'agent_admin.registered': {
    description: 'An agent was registered.',
    category: 'agent',
    version: 1,
    metadata: z.strictObject({ eventsPerSecond: z.number().int() }),
  },
  'agent_admin.disabled': { description: 'An agent was disabled.', category: 'agent', version: 1, metadata: nothing },
  'agent_admin.enabled': {
    description: 'A disabled agent was enabled again.',
    category: 'agent',
    version: 1,
    metadata: nothing,
  },
  'agent_admin.key_issued': {
    description: 'An agent got a new key.',
    category: 'agent',
    version: 1,
    metadata: agentKey.extend({ expiresAt: z.string().nullable() }),
  },
  'agent_admin.key_rotated': {
    description: 'An agent’s key was replaced; the old one works until the overlap ends.',
    category: 'agent',
    version: 2,
    metadata: agentKey.extend({
      replacedBy: z.string(),
      overlapEndsAt: z.string(),
      /** The end of the new key. */
      expiresAt: z.string().nullable(),
    }),
  },
  'agent_admin.key_expiry_set': {
    description: 'The end of an agent’s key was set.',
    category: 'agent',
    version: 1,
    metadata: agentKey.extend({ expiresAt: z.string() }),
  },
  'agent_admin.key_revoked': {
    description: 'An agent’s key was revoked and stopped working at once.',
    category: 'agent',
    version: 1,
    metadata: agentKey,
  },
  'agent_admin.redriven': {
    description: 'Dead letters of the agents’ queue were given back to the workers.',
    category: 'agent',
    version: 1,
    metadata: z.strictObject({ batches: z.number().int() }),
  },
  'release.recorded': {
    description: 'A deployment or a rollback ended, well or badly.',
    category: 'release',
    version: 1,
    metadata: z.strictObject({
      kind: z.enum(['deploy', 'rollback']),
      commit: z.string(),
      /** For a rollback: the release that runs again. */
      of: z.string().optional(),
      /** Newest migration of the code. */
      migration: z.string().optional(),
    }),
  },
} as const satisfies Record<string, ActionSpec>;

export type Action = keyof typeof ACTIONS;
export type Metadata<A extends Action> = z.input<(typeof ACTIONS)[A]['metadata']>;

export const OUTCOMES = ['success', 'failure', 'denied'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const SOURCES = ['web', 'api', 'agent', 'worker', 'cli'] as const;
export type Source = (typeof SOURCES)[number];

/** Who acted. `role` is the role at the time of the act; it is stored, not looked up later. */
export type Actor =
  | { type: 'user'; id: string; label: string; role: 'admin' | 'auditor' | 'user' }
  | { type: 'agent'; id: string; label: string }
  | { type: 'system'; id: string; label: string }
  | { type: 'anonymous'; label?: string };

export interface Target {
  type: string;
  id: string;
  label?: string;
}

/** Where an act came from; made once per request, job or command. */
export interface Origin {
  source: Source;
  ip?: string | undefined;
  userAgent?: string | undefined;
  requestId?: string | undefined;
  correlationId?: string | undefined;
}

/** Who acts and from where: the second argument of every function that changes something. */
export interface Act {
  actor: Actor;
  origin: Origin;
}
