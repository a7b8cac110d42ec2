import { can, type Role } from '#lib/access/permissions.ts';
import { SURFACE, type Guard } from '#lib/access/route-guards.ts';

/** Pages that need no id, with what they take. */
export const pages = () => Object.entries(SURFACE.pages).filter(([path]) => !path.includes('['));
/** Those of them that nobody sees signed out. */
export const protectedPages = () => pages().flatMap(([path, guard]) => (guard === 'public' ? [] : [path]));

/** Exports are left out: one would stream the whole log. */
const NOT_TRIED: readonly Guard[] = ['public', 'agent-key', 'audit:export'];

/** Methods of the API that only read, with what they take. */
export const apis = () =>
  Object.entries(SURFACE.apis).flatMap(([route, guard]): [string, Guard][] => {
    const [method, path = ''] = route.split(' ');
    return method === 'GET' && !path.includes('[') && !NOT_TRIED.includes(guard) ? [[path, guard]] : [];
  });

/** Whether a role may see what is guarded so; undefined when no role decides. */
export const isAllowed = (role: Role, guard: Guard): boolean | undefined =>
  guard === 'public' || guard === 'agent-key' ? undefined : can(role, guard);
