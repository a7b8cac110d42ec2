import { z } from 'zod';
import { ROLES, type Role } from '../../access/permissions.ts';

/** The catalogue of audit actions. Closed and typed: other actions cannot be recorded. */
interface ActionSpec {
  /** One sentence for the documents and the detail view. */
  description: string;
  category: 'auth' | 'access' | 'user' | 'audit' | 'agent' | 'release' | 'system';
  /** Raised when the shape of `metadata` changes. */
  version: number;
  metadata: z.ZodType<Record<string, unknown>>;
}

const noMetadata = z.strictObject({});
const role = z.enum(ROLES);
/** Number of attempts reported by one coalesced event. */
const refusalCount = z.number().int().optional();
const changedRole = z.strictObject({ from: role, to: role });
/** A key by its id and the visible start of its secret. */
const agentKey = z.strictObject({ keyId: z.string(), prefix: z.string() });
const filters = z.record(z.string(), z.string());

export const ACTIONS = {
  'auth.sign_in': {
    description: 'A user signed in, or tried to.',
    category: 'auth',
    version: 2,
    metadata: z.strictObject({ method: z.string(), refusals: refusalCount }),
  },
  'auth.sign_out': { description: 'A user signed out.', category: 'auth', version: 1, metadata: noMetadata },
  'auth.sign_out_everywhere': {
    description: 'A user ended all their sessions.',
    category: 'auth',
    version: 1,
    metadata: noMetadata,
  },
  'auth.password_changed': {
    description: 'A user changed their own password, or tried to.',
    category: 'auth',
    version: 2,
    metadata: z.strictObject({ refusals: refusalCount }),
  },
  'auth.password_reset': {
    description: 'A password was set through a one-time link or from the command line, or somebody tried to.',
    category: 'auth',
    version: 2,
    metadata: z.strictObject({ refusals: refusalCount }),
  },
  'access.denied': {
    description: 'A signed-in user was denied a permission.',
    category: 'access',
    version: 3,
    /** No path when the role was lost during the request; the target identifies the object. */
    metadata: z.strictObject({ permission: z.string(), path: z.string().optional(), refusals: refusalCount }),
  },
  'access.key_refused': {
    description: 'A machine presented an invalid key; repeated refusals are coalesced into one event.',
    category: 'access',
    version: 1,
    metadata: agentKey.partial().extend({ refusals: z.number().int() }),
  },
  'user.created': {
    description: 'A user was created.',
    category: 'user',
    version: 1,
    metadata: z.strictObject({ role }),
  },
  'user.disabled': {
    description: 'A user was disabled and signed out.',
    category: 'user',
    version: 1,
    metadata: noMetadata,
  },
  'user.enabled': {
    description: 'A disabled user was enabled again.',
    category: 'user',
    version: 1,
    metadata: noMetadata,
  },
  'user.role_changed': {
    description: 'A user’s role was changed.',
    category: 'user',
    version: 1,
    metadata: changedRole,
  },
  'user.reset_link_created': {
    description: 'A one-time link to set a password was created.',
    category: 'user',
    version: 1,
    metadata: z.strictObject({ expiresAt: z.string() }),
  },
  'user.sessions_revoked': {
    description: 'An admin ended all sessions of a user.',
    category: 'user',
    version: 1,
    metadata: noMetadata,
  },
  'user.identity_linked': {
    description: 'A user was linked to an account of the OpenID Connect provider.',
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
    description: 'Retention ran and had nothing to remove.',
    category: 'audit',
    version: 1,
    metadata: noMetadata,
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
    description: 'A legal hold was placed: events it covers are not removed.',
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
  'audit.person_erased': {
    description: 'A person was erased from the log; the proofs of its events hold.',
    category: 'audit',
    version: 1,
    metadata: z.strictObject({
      reason: z.string(),
      events: z.number().int(),
      fields: z.record(z.string(), z.number().int()),
      kept: z.number().int(),
      batches: z.number().int(),
      account: z.boolean(),
    }),
  },
  'audit.archive_restored': {
    description: 'Events were restored from an archive.',
    category: 'audit',
    version: 1,
    metadata: z.strictObject({ rows: z.number().int(), sha256: z.string() }),
  },
  'audit.event_read': { description: 'One event was opened.', category: 'audit', version: 1, metadata: noMetadata },
  // Agents' own actions stand under `agent.` (lib/agents/contract/event.ts); nothing of ours may begin so, or an agent could pose as us.
  'agent_admin.registered': {
    description: 'An agent was registered.',
    category: 'agent',
    version: 1,
    metadata: z.strictObject({ eventsPerSecond: z.number().int() }),
  },
  'agent_admin.disabled': {
    description: 'An agent was disabled.',
    category: 'agent',
    version: 1,
    metadata: noMetadata,
  },
  'agent_admin.enabled': {
    description: 'A disabled agent was enabled again.',
    category: 'agent',
    version: 1,
    metadata: noMetadata,
  },
  'agent_admin.key_issued': {
    description: 'A key was issued to an agent.',
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
    description: 'The expiry of an agent’s key was set.',
    category: 'agent',
    version: 1,
    metadata: agentKey.extend({ expiresAt: z.string() }),
  },
  'agent_admin.key_revoked': {
    description: 'An agent’s key was revoked.',
    category: 'agent',
    version: 1,
    metadata: agentKey,
  },
  'agent_admin.redriven': {
    description: 'Dead letters of the agents’ queue were requeued.',
    category: 'agent',
    version: 1,
    metadata: z.strictObject({ batches: z.number().int() }),
  },
  'release.recorded': {
    description: 'A deployment or a rollback succeeded or failed.',
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

/** Who acted. `role` is the role at the time of the action; it is stored with the event. */
export type Actor =
  | { type: 'user'; id: string; label: string; role: Role }
  | { type: 'agent'; id: string; label: string }
  | { type: 'system'; id: string; label: string }
  | { type: 'anonymous'; label?: string };

export interface Target {
  type: string;
  id: string;
  label?: string;
}

/** Where an action came from; created once per request, job or command. */
export interface Origin {
  source: Source;
  ip?: string | undefined;
  userAgent?: string | undefined;
  requestId?: string | undefined;
  correlationId?: string | undefined;
}

/** Actor and origin of a change, passed to every function that records an audit event. */
export interface AuditContext {
  actor: Actor;
  origin: Origin;
}
