import { can, type Role } from '#lib/access/permissions.ts';
import { ROUTE_GUARDS, type Guard } from '#lib/access/route-guards.ts';

/** Pages without an id in the path, with their guard. */
export const pages = () => Object.entries(ROUTE_GUARDS.pages).filter(([path]) => !path.includes('['));
/** Pages that require a session. */
export const protectedPages = () => pages().flatMap(([path, guard]) => (guard === 'public' ? [] : [path]));

/** Exports are left out: one would stream the whole log. */
const NOT_TRIED: readonly Guard[] = ['public', 'agent-key', 'audit:export'];

/** Read-only API methods, with their guard. */
export const apis = () =>
  Object.entries(ROUTE_GUARDS.apis).flatMap(([route, guard]): [string, Guard][] => {
    const [method, path = ''] = route.split(' ');
    return method === 'GET' && !path.includes('[') && !NOT_TRIED.includes(guard) ? [[path, guard]] : [];
  });

/** True if the role passes the guard; undefined when the guard does not depend on a role. */
export const isAllowed = (role: Role, guard: Guard): boolean | undefined =>
  guard === 'public' || guard === 'agent-key' ? undefined : can(role, guard);
