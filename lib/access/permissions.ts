/** The one table of roles and permissions. The pages, the documents and the test matrix are made from it. */

export const ROLES = ['admin', 'auditor', 'user'] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = {
  'overview:read': 'See the overview',
  'account:manage': 'Manage one’s own account: password and sessions',
  'audit:read': 'Read the audit log',
  'audit:export': 'Export the audit log',
  'users:manage': 'List people, create and disable them, change their roles, reset links',
  'agents:manage': 'Register agents, issue and revoke their keys',
} as const;

export type Permission = keyof typeof PERMISSIONS;

const EVERYONE = ['overview:read', 'account:manage'] as const satisfies Permission[];
const AUDITING = ['audit:read', 'audit:export'] as const satisfies Permission[];

const GRANTS: Record<Role, readonly Permission[]> = {
  admin: [...EVERYONE, ...AUDITING, 'users:manage', 'agents:manage'],
  auditor: [...EVERYONE, ...AUDITING],
  user: EVERYONE,
};

/** Whether a role holds a permission. */
export function can(role: Role, permission: Permission): boolean {
  return GRANTS[role].includes(permission);
}
