import type { Permission } from './permissions.ts';

/**
 * The guard of every page, API method and server action. The test matrix is generated from this table; a route or action without a row
 * fails the tests.
 */
export type Guard = Permission | 'public' | 'agent-key';

export interface RouteGuards {
  pages: Record<string, Guard>;
  apis: Record<string, Guard>;
  /** Server actions by exported name. */
  actions: Record<string, Guard>;
}

export const ROUTE_GUARDS = {
  pages: {
    '/': 'overview:read',
    '/login': 'public',
    '/reset/[token]': 'public',
    '/403': 'public',
    '/account': 'account:manage',
    '/admin': 'users:manage',
    '/admin/users/[id]': 'users:manage',
    '/admin/agents': 'agents:manage',
    '/admin/agents/[id]': 'agents:manage',
    '/audit': 'audit:read',
    '/audit/[id]': 'audit:read',
    '/audit/health': 'audit:read',
    '/audit/security': 'audit:read',
  },
  apis: {
    'GET /api/health': 'public',
    'GET /api/auth/[...nextauth]': 'public',
    'POST /api/auth/[...nextauth]': 'public',
    'GET /api/audit': 'audit:read',
    'GET /api/audit/export': 'audit:export',
    'GET /api/audit/[id]/proof': 'audit:read',
    'POST /api/agent/events': 'agent-key',
    'GET /api/agent/batches/[id]': 'agent-key',
    'GET /api/agent/schema': 'public',
    'GET /api/agent/openapi.json': 'public',
  },
  actions: {
    setLocale: 'public',
    setTheme: 'public',
    signInWithPassword: 'public',
    signInWithOidc: 'public',
    signInAsDevAdmin: 'public',
    signOutHere: 'public',
    resetPassword: 'public',
    changePassword: 'account:manage',
    signOutEverywhere: 'account:manage',
    createUser: 'users:manage',
    createResetLink: 'users:manage',
    changeRole: 'users:manage',
    disableUser: 'users:manage',
    enableUser: 'users:manage',
    revokeSessions: 'users:manage',
    registerAgent: 'agents:manage',
    disableAgent: 'agents:manage',
    enableAgent: 'agents:manage',
    issueAgentKey: 'agents:manage',
    rotateAgentKey: 'agents:manage',
    expireAgentKey: 'agents:manage',
    revokeAgentKey: 'agents:manage',
    redriveAgentBatches: 'agents:manage',
  },
} as const satisfies RouteGuards;

type Actions = (typeof ROUTE_GUARDS)['actions'];
/** The actions whose row says `public`. */
export type PublicAction = { [Name in keyof Actions]: Actions[Name] extends 'public' ? Name : never }[keyof Actions];
/** The actions that need a permission. */
export type GuardedAction = Exclude<keyof Actions, PublicAction>;
